import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyServer
import LatchkeyVerifier

/// What the daemon would run with, every setting with its value, for `--check-config`. A setting that is off or comes from elsewhere is
/// left out.
struct EffectiveSettings {
    private enum Value {
        case text(String)
        case number(Int64)
        case flag(Bool)
        case list([String])
    }

    private let values: [(setting: Setting, value: Value)]

    init(_ settings: DaemonSettings, _ given: SettingValues) {
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        let authority = settings.authority
        let proxies = (given.text(.trustedProxies) ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) }
        var values: [(setting: Setting, value: Value)] = []
        for setting in Setting.allCases {
            let value: Value? =
                switch setting {
                case .stateDirectory: .text(settings.stateDirectory)
                case .listen: .text("\(host):\(settings.port)")
                case .adminSocket: .text(settings.adminSocket)
                case .issuer: .text(settings.issuer ?? "\(settings.scheme)://\(host):\(settings.port)")
                case .signingKeyBits: .number(Int64(authority.signingKeyBits))
                case .accessTokenTTL: .number(authority.accessTokenTTL)
                case .refreshTokenTTL: .number(authority.refreshTokenTTL)
                case .maxAccessTokenTTL: .number(authority.maxAccessTokenTTL)
                case .refreshRetryWindow: .number(authority.refreshRetryWindow)
                case .jwksMaxAge: .number(authority.jwksMaxAge)
                case .rotationPeriod: .number(authority.rotationPeriod)
                case .shortestStandby: .number(authority.shortestStandby)
                case .graceAfterUse: .number(authority.graceAfterUse)
                case .maxBundleLife: .number(authority.maxBundleLife)
                case .cutoverLegacyJWK: .flag(authority.showsLegacyJWK)
                case .cutoverSoak: .number(authority.cutoverSoak)
                case .cutoverHold: .number(authority.cutoverHold)
                case .auditRetention: .number(Int64(authority.auditRetentionDays))
                case .auditCheckpointEntries: .number(Int64(authority.auditCheckpointEntries))
                case .auditCheckpointMinutes: .number(Int64(authority.auditCheckpointMinutes))
                case .planes: .list(authority.planes.names)
                case .trustedProxies: .list(proxies)
                case .adminGroup: .text(settings.adminGroup)
                case .masterKeyFile: settings.masterKeyFile.map { .text($0) }
                case .allowPlaintext: .flag(given.text(.allowPlaintext) == "true")
                case .certificateFile: settings.certificate.map { .text($0.certificate) }
                case .certificateKeyFile: settings.certificate.map { .text($0.key) }
                case .logLevel: .text(settings.logsRequests ? "debug" : "info")
                case .organisationTokensPerHour: .number(Int64(authority.organisationTokensPerHour))
                case .requestsPerSecond: .number(Int64(settings.requestsPerSecond))
                case .mintsPerHour: .number(Int64(authority.mintsPerHour))
                }
            if let value { values.append((setting, value)) }
        }
        self.values = values
    }

    /// `name = value` lines, or one JSON object; times are seconds.
    func print(json: Bool) throws(CommandFailure) {
        guard json else {
            for (setting, value) in values { try Output.line("\(setting.rawValue) = \(Shown.text(Self.text(value)))") }
            return
        }
        var writer = JSONWriter(capacity: 2048)
        writer.object { writer in
            for (setting, value) in values {
                writer.key(escaping: setting.rawValue)
                switch value {
                case .text(let text): writer.string(text)
                case .number(let number): writer.integer(number)
                case .flag(let flag): writer.bool(flag)
                case .list(let texts): writer.array { for text in texts { $0.string(text) } }
                }
            }
        }
        try Output.json(writer.bytes)
    }

    private static func text(_ value: Value) -> String {
        switch value {
        case .text(let text): text
        case .number(let number): String(number)
        case .flag(let flag): String(flag)
        case .list(let texts): texts.joined(separator: ",")
        }
    }
}
