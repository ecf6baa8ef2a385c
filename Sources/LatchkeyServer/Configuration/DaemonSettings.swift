package import LatchkeyAuthority
import LatchkeyScopes

/// What the daemon runs with, checked as a whole before anything is opened.
package struct DaemonSettings: Sendable {
    package var stateDirectory: String
    package var host: String
    /// 0 takes a free one.
    package var port: Int
    /// The address as the operator gave it; `nil`: the default.
    package var listen: String?
    package var adminSocket: String
    /// `nil`: `http://HOST:PORT` with the real port, `https` with TLS.
    package var issuer: String?
    package var adminGroup: String
    /// Whether the operator named the group, so that a host without it is a mistake.
    package var adminGroupIsRequired: Bool
    package var masterKeyFile: String?
    /// Whether plain HTTP may leave this host.
    package var allowPlaintext: Bool
    /// What the TCP listener speaks TLS with; `nil`: it speaks plain HTTP.
    package var certificate: CertificateFiles?
    /// Whether each request has its line in the log.
    package var logsRequests: Bool
    package var trustedProxies: TrustedProxies
    /// Requests a second of one client address; 0 turns the limit off.
    package var requestsPerSecond: Int
    /// The settings file that some of this was read from.
    package var file: String?
    /// Names of the environment that look like settings and are none.
    package var unknownVariables: [String]
    /// All of the authority's settings but the issuer, which may depend on the port.
    package var authority: AuthoritySettings

    /// - Throws: `ConfigurationError` for the first value that is wrong.
    package init(_ values: SettingValues) throws(ConfigurationError) {
        guard let directory = values.text(.stateDirectory), !directory.isEmpty else {
            throw ConfigurationError("there is no state directory: say where with --state-dir DIR")
        }
        stateDirectory = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        (host, port) = try Self.address(values)
        listen = values.text(.listen)
        adminSocket = values.text(.adminSocket) ?? stateDirectory + "/admin.sock"
        issuer = try Self.issuer(values)
        adminGroup = values.text(.adminGroup) ?? "latchkey"
        adminGroupIsRequired = values.text(.adminGroup) != nil
        masterKeyFile = values.text(.masterKeyFile)
        guard let proxies = TrustedProxies(values.list(.trustedProxies)) else {
            throw values.refusal(.trustedProxies, "must be addresses or networks joined by commas, as in 10.0.0.0/8,::1")
        }
        trustedProxies = proxies
        requestsPerSecond = try values.number(.requestsPerSecond, 0...1_000_000, default: 0)
        authority = try Self.authority(values)
        allowPlaintext = try values.flag(.allowPlaintext)
        certificate = try Self.certificate(values)
        logsRequests = try Self.logsRequests(values)
        unknownVariables = values.unknownVariables
        try requireLoopback(host)
    }

    /// Plain HTTP stays on this host, whether the socket is opened here or was handed over.
    package func requireLoopback(_ host: String) throws(ConfigurationError) {
        guard certificate != nil || allowPlaintext || BoundSocket.isLoopback(host: host) else {
            throw ConfigurationError(
                "\(host) is not a loopback address, and this listener speaks plain HTTP: give it a certificate "
                    + "(--tls-certificate-file and --tls-key-file), listen on 127.0.0.1 behind a TLS proxy, or say --allow-plaintext true")
        }
    }

    /// What addresses of the TCP listener begin with.
    package var scheme: String { certificate == nil ? "http" : "https" }

    private static func authority(_ values: SettingValues) throws(ConfigurationError) -> AuthoritySettings {
        let planes: Planes
        do {
            planes = try Planes(additional: values.list(.planes))
        } catch {
            throw values.refusal(.planes, error.message)
        }
        var settings = AuthoritySettings(issuer: "", planes: planes)
        settings.maxAccessTokenTTL = try values.seconds(.maxAccessTokenTTL, 1...86_400, default: 86_400)
        settings.accessTokenTTL = try values.seconds(.accessTokenTTL, 1...86_400, default: min(3600, settings.maxAccessTokenTTL))
        settings.refreshTokenTTL = try values.seconds(.refreshTokenTTL, 1...AuthoritySettings.sessionLife, default: 86_400)
        settings.refreshRetryWindow = try values.seconds(.refreshRetryWindow, 0...300, default: 10)
        settings.jwksMaxAge = try values.seconds(.jwksMaxAge, 1...86_400, default: 3600)
        try Self.readKeyTimings(values, into: &settings)
        settings.auditRetentionDays = try values.number(.auditRetention, 0...36_500, default: 0)
        settings.auditCheckpointEntries = try values.number(.auditCheckpointEntries, 0...1_000_000, default: 1000)
        settings.auditCheckpointMinutes = try values.number(.auditCheckpointMinutes, 0...10_080, default: 60)
        settings.organisationTokensPerHour = try values.number(.organisationTokensPerHour, 0...1_000_000, default: 10)
        settings.mintsPerHour = try values.number(.mintsPerHour, 0...1_000_000, default: 60)
        settings.signingKeyBits = try values.number(.signingKeyBits, 2048...4096, default: 3072)
        guard [2048, 3072, 4096].contains(settings.signingKeyBits) else {
            throw values.refusal(.signingKeyBits, "must be 2048, 3072 or 4096")
        }
        guard settings.accessTokenTTL <= settings.maxAccessTokenTTL else {
            throw values.refusal(
                .accessTokenTTL,
                "is \(settings.accessTokenTTL) s, more than max-access-token-ttl allows, which is \(settings.maxAccessTokenTTL) s")
        }
        // Before the first key is made: one that breaks a rule would, sooner or later, fail good tokens.
        if let problem = settings.timings.problem { throw ConfigurationError(problem) }
        return settings
    }

    /// `HOST:PORT`, an IPv6 address in brackets.
    private static func address(_ values: SettingValues) throws(ConfigurationError) -> (host: String, port: Int) {
        let text = values.text(.listen) ?? "127.0.0.1:8787"
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port) else {
            throw values.refusal(.listen, "must be HOST:PORT, as in 127.0.0.1:8787 or [::1]:8787")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { throw values.refusal(.listen, "needs a host: 127.0.0.1 for this machine alone") }
        return (host, port)
    }

    /// An `http` or `https` URL without query and fragment, of visible ASCII characters.
    private static func issuer(_ values: SettingValues) throws(ConfigurationError) -> String? {
        guard let text = values.text(.issuer) else { return nil }
        let rest = text.hasPrefix("https://") ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : ""
        guard text.utf8.count <= 256, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("?"), !text.contains("#"),
            isAuthority(rest.prefix { $0 != "/" }), !text.contains(where: { "\"<>\\^`{|}".contains($0) })
        else {
            throw values.refusal(.issuer, "must be an http or https URL: a host, a port if need be, a path; no user, query or fragment")
        }
        return text
    }

    /// A host and perhaps a port (RFC 3986 §3.2). No user: it would be in every token.
    private static func isAuthority(_ text: Substring) -> Bool {
        var host = text
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let port = UInt16(text[text.index(after: colon)...]), port > 0 else { return false }
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.count > 2 && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        return !host.isEmpty && host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "_") }
    }
}
