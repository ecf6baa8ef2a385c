import LatchkeyAuthority

extension DaemonSettings {
    private static let day: Int64 = 86_400

    /// How signing keys come and go, and how long the steps of a cutover wait. What follows from a short rotation follows by itself, what is
    /// told and doesn't fit refuses the start (`KeyTimings.problem`).
    static func readKeyTimings(_ values: SettingValues, into settings: inout AuthoritySettings) throws(ConfigurationError) {
        let rotation = try values.seconds(.rotationPeriod, 60...3650 * day, default: 90 * day)
        settings.rotationPeriod = rotation
        settings.shortestStandby = try values.seconds(.shortestStandby, 1...365 * day, default: min(day, rotation))
        settings.graceAfterUse = try values.seconds(.graceAfterUse, 60...365 * day, default: 3 * day)
        settings.maxBundleLife = try values.seconds(.maxBundleLife, 60...365 * day, default: min(30 * day, rotation))
        settings.showsLegacyJWK = try values.flag(.cutoverLegacyJWK)
        settings.cutoverSoak = try values.seconds(.cutoverSoak, 60...30 * day, default: 90 * 60)
        settings.cutoverHold = try values.seconds(.cutoverHold, 60...365 * day, default: 7 * day)
    }
}
