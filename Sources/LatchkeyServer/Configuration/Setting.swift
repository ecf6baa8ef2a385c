/// A setting of the daemon: one name, three spellings (contract §10).
package enum Setting: String, CaseIterable, Sendable {
    case stateDirectory = "state-dir"
    case listen
    case adminSocket = "admin-socket"
    case issuer
    case signingKeyBits = "signing-key-bits"
    case accessTokenTTL = "access-token-ttl"
    case refreshTokenTTL = "refresh-token-ttl"
    case maxAccessTokenTTL = "max-access-token-ttl"
    case refreshRetryWindow = "refresh-retry-window"
    case jwksMaxAge = "jwks-max-age"
    case rotationPeriod = "rotation-period"
    case shortestStandby = "shortest-standby"
    case graceAfterUse = "grace-after-use"
    case maxBundleLife = "max-bundle-life"
    case cutoverLegacyJWK = "cutover-legacy-jwk"
    case cutoverSoak = "cutover-soak"
    case cutoverHold = "cutover-hold"
    case auditRetention = "audit-retention"
    case auditCheckpointEntries = "audit-checkpoint-entries"
    case auditCheckpointMinutes = "audit-checkpoint-minutes"
    case planes
    case trustedProxies = "trusted-proxies"
    case adminGroup = "admin-group"
    case masterKeyFile = "master-key-file"
    case allowPlaintext = "allow-plaintext"
    case certificateFile = "tls-certificate-file"
    case certificateKeyFile = "tls-key-file"
    case logLevel = "log-level"
    case organisationTokensPerHour = "limit-org-token-mint-per-hour"
    case requestsPerSecond = "limit-requests-per-second"
    case mintsPerHour = "limit-api-key-mint-per-hour"

    /// As on the command line: `--state-dir`.
    package var flag: String { "--" + rawValue }

    /// As in the environment: `LATCHKEY_STATE_DIR`.
    package var variable: String { Self.prefix + fileName }

    /// As in the file: `STATE_DIR`; the environment's spelling counts there too.
    package var fileName: String { rawValue.uppercased().replacing("-", with: "_") }

    package static let prefix = "LATCHKEY_"

    /// Names of the environment that are no setting but belong to this program.
    static let otherVariables: Set<String> = ["LATCHKEY_SOCKET", "LATCHKEY_CONFIG", "LATCHKEY_PROFILES_FILE"]

    init?(fileName name: String) {
        let short = name.utf8.starts(with: Self.prefix.utf8) ? String(name.dropFirst(Self.prefix.count)) : name
        guard let setting = Self.allCases.first(where: { $0.fileName == short }) else { return nil }
        self = setting
    }
}
