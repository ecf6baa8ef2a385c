import LatchkeyAuthority
import LatchkeyServer
import Testing

@Suite("Settings")
struct SettingsTests {
    private static func settings(
        _ flags: [Setting: String] = [:], environment: [String: String] = [:], file: [Setting: String] = [:]
    ) throws(ConfigurationError) -> DaemonSettings {
        try DaemonSettings(SettingValues(flags: [.stateDirectory: "/s"].merging(flags) { $1 }, environment: environment, file: file))
    }

    @Test("have the defaults of the contract")
    func defaults() throws {
        let settings = try Self.settings()
        #expect(settings.host == "127.0.0.1" && settings.port == 8787 && settings.adminSocket == "/s/admin.sock" && settings.issuer == nil)
        #expect(settings.adminGroup == "latchkey" && !settings.adminGroupIsRequired && settings.masterKeyFile == nil)
        #expect(
            settings.authority.accessTokenTTL == 3600 && settings.authority.refreshTokenTTL == 86_400
                && settings.authority.maxAccessTokenTTL == 86_400)
        #expect(
            settings.authority.refreshRetryWindow == 10 && settings.authority.jwksMaxAge == 3600 && settings.authority.mintsPerHour == 60)
        #expect(settings.authority.organisationTokensPerHour == 10 && settings.requestsPerSecond == 0)
        #expect(settings.authority.signingKeyBits == 3072)
        let (day, timings) = (Int64(86_400), settings.authority.timings)
        #expect(timings.rotation == 90 * day && timings.shortestStandby == day && timings.graceAfterUse == 3 * day)
        #expect(timings.maxBundleLife == 30 * day && timings.longestToken == day && timings.jwksMaxAge == 3600)
        #expect(settings.authority.cutoverSoak == 5400 && settings.authority.cutoverHold == 7 * day && !settings.authority.showsLegacyJWK)
    }

    @Test("come from a flag before the environment before the file")
    func precedence() throws {
        let variable = ["LATCHKEY_LISTEN": "127.0.0.1:2", "LATCHKEY_ISSUER": "https://e"]
        let file: [Setting: String] = [.listen: "127.0.0.1:3", .issuer: "https://f", .jwksMaxAge: "7"]
        let settings = try Self.settings([.listen: "127.0.0.1:1"], environment: variable, file: file)
        #expect(settings.port == 1 && settings.issuer == "https://e" && settings.authority.jwksMaxAge == 7)
    }

    @Test("set each limit by its own name")
    func limits() throws {
        let file: [Setting: String] = [.organisationTokensPerHour: "1", .requestsPerSecond: "2", .mintsPerHour: "3"]
        let settings = try Self.settings(file: file)
        #expect(
            settings.authority.organisationTokensPerHour == 1 && settings.requestsPerSecond == 2 && settings.authority.mintsPerHour == 3)
        #expect(Setting.organisationTokensPerHour.fileName == "LIMIT_ORG_TOKEN_MINT_PER_HOUR")
        #expect(Setting.requestsPerSecond.fileName == "LIMIT_REQUESTS_PER_SECOND")
    }

    @Test("have three spellings of one name each", arguments: Setting.allCases)
    func spellings(_ setting: Setting) throws {
        #expect(setting.flag == "--\(setting.rawValue)")
        #expect(setting.variable == "LATCHKEY_" + setting.fileName)
        for name in [setting.fileName, setting.variable] {
            #expect(try SettingsFile.parse("\(name)=x", name: "f") == [setting: "x"])
        }
    }

    @Test("that look like ones of ours in the environment and are none are told")
    func unknownVariables() {
        let environment = [
            "LATCHKEY_LISTEM": "x", "LATCHKEY_A": "", "LATCHKEY_SOCKET": "s", "LATCHKEY_CONFIG": "c", "LATCHKEY_ISSUER": "i", "HOME": "/",
            "LATCHKEY_PROFILES_FILE": "p",
            "latchkey_b": "",
        ]
        #expect(SettingValues(flags: [:], environment: environment, file: [:]).unknownVariables == ["LATCHKEY_A", "LATCHKEY_LISTEM"])
    }

    @Test(
        "are refused by name when their value is no good",
        arguments: [
            (.listen, ["", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", ":80"]),
            (
                .issuer,
                [
                    "", "x", "ftp://a", "https://", "https:///a", "https://a?b", "https://a#b", "https://a b", "https://é",
                    "http://" + String(repeating: "a", count: 250),
                ]
            ),
            (.signingKeyBits, ["", "x", "1024", "2047", "2049", "8192", "3072.0", "-2048"]),
            (.accessTokenTTL, ["", "0", "-1", "x", "86401", "25h", "1.5h", "1w", "h", "9223372036854775807d"]),
            (.refreshTokenTTL, ["0", "31d", "2592001"]), (.maxAccessTokenTTL, ["0", "2d"]), (.refreshRetryWindow, ["-1", "301", "6m"]),
            (.jwksMaxAge, ["0", "86401"]), (.planes, ["A", "relay:x", "*", "a b c!"]),
            (.trustedProxies, ["x", "10.0.0.0/99", "10.0.0.1,,x"]),
            (.rotationPeriod, ["", "0", "59", "3651d", "x"]), (.shortestStandby, ["0", "366d", "1w"]),
            (.graceAfterUse, ["59", "366d"]), (.maxBundleLife, ["0", "366d"]), (.cutoverSoak, ["59", "31d"]),
            (.cutoverHold, ["59", "366d"]), (.cutoverLegacyJWK, ["", "on", "1"]),
            (.allowPlaintext, ["", "yes", "1", "TRUE"]), (.mintsPerHour, ["-1", "x", "1000001", "1e3"]),
            (.organisationTokensPerHour, ["", "-1", "x", "1000001", "1e3", "1.0"]),
            (.requestsPerSecond, ["", "-1", "x", "1000001", "1e3", "10/s"]),
        ] as [(Setting, [String])])
    func refusals(_ setting: Setting, _ values: [String]) {
        for value in values {
            let error = #expect(throws: ConfigurationError.self, "\(setting) \(value)") { try Self.settings([setting: value]) }
            #expect(error?.message.contains(setting.rawValue) == true, "\(value): \(error?.message ?? "")")
        }
    }

    @Test(
        "are taken in every form that is one",
        arguments: [
            (.listen, ["127.0.0.1:0", "[::1]:80", "localhost:65535", "127.1.2.3:1"]),
            (.issuer, ["https://a", "http://a/b", "https://a:8443"]),
            (.signingKeyBits, ["2048", "3072", "4096"]), (.accessTokenTTL, ["1", "90s", "15m", "24h", "1d"]),
            (.refreshRetryWindow, ["0", "5m"]), (.rotationPeriod, ["1d", "3650d"]), (.shortestStandby, ["1h", "90d"]),
            (.graceAfterUse, ["86460", "365d"]), (.maxBundleLife, ["60", "90d"]), (.cutoverSoak, ["60", "30d"]),
            (.cutoverHold, ["60", "365d"]), (.cutoverLegacyJWK, ["true", "false"]),
            (.refreshTokenTTL, ["30d"]), (.planes, ["", "mine", "mine,yours-2"]), (.trustedProxies, ["", "::1", "10.0.0.0/8, fd00::/8"]),
            (.allowPlaintext, ["true", "false"]), (.mintsPerHour, ["0", "1000000"]),
            (.organisationTokensPerHour, ["0", "10", "1000000"]), (.requestsPerSecond, ["0", "1", "1000000"]),
        ] as [(Setting, [String])])
    func accepted(_ setting: Setting, _ values: [String]) throws {
        for value in values { #expect(throws: Never.self, "\(setting) \(value)") { try Self.settings([setting: value]) } }
    }

    @Test("must name a state directory, and keep it without its last slash")
    func stateDirectory() throws {
        for value in [nil, ""] {
            let flags: [Setting: String] = value.map { [.stateDirectory: $0] } ?? [:]
            let error = #expect(throws: ConfigurationError.self) {
                try DaemonSettings(SettingValues(flags: flags, environment: [:], file: [:]))
            }
            #expect(error?.message.contains("--state-dir") == true)
        }
        #expect(
            try Self.settings([.stateDirectory: "/a/b/"]).stateDirectory == "/a/b"
                && Self.settings([.stateDirectory: "/"]).stateDirectory == "/")
    }

    @Test("give an access token no longer life by default than they allow at most")
    func lives() throws {
        #expect(try Self.settings([.maxAccessTokenTTL: "60"]).authority.accessTokenTTL == 60)
        let error = #expect(throws: ConfigurationError.self) { try Self.settings([.maxAccessTokenTTL: "60", .accessTokenTTL: "61"]) }
        #expect(error?.message.contains("access-token-ttl") == true && error?.message.contains("max-access-token-ttl") == true)
    }

    @Test("follow a short rotation by themselves where nothing else is told")
    func shortRotation() throws {
        let settings = try Self.settings([.rotationPeriod: "6h", .graceAfterUse: "25h"]).authority
        #expect(settings.shortestStandby == 6 * 3600 && settings.maxBundleLife == 6 * 3600)
    }

    @Test(
        "refuse timings that would take a key away too early or bring it too late, with the sum",
        arguments: [
            ([.graceAfterUse: "1d"], ["grace-after-use is 86400 s", "86400 s + 60 s", "86460 s"]),
            ([.shortestStandby: "30m"], ["shortest-standby is 1800 s", "jwks-max-age 3600 s"]),
            ([.rotationPeriod: "30m"], ["shortest-standby is 1800 s", "jwks-max-age 3600 s"]),
            ([.rotationPeriod: "12h", .shortestStandby: "1d"], ["rotation-period is 43200 s", "shortest-standby 86400 s"]),
            ([.rotationPeriod: "10d", .maxBundleLife: "11d"], ["max-bundle-life is 950400 s", "rotation-period 864000 s"]),
        ] as [([Setting: String], [String])])
    func timings(_ flags: [Setting: String], _ parts: [String]) throws {
        let error = #expect(throws: ConfigurationError.self) { try Self.settings(flags) }
        for part in parts { #expect(error?.message.contains(part) == true, "\(error?.message ?? "")") }
    }

    @Test(
        "refuse plain HTTP beyond loopback, unless it is allowed by name",
        arguments: ["0.0.0.0", "[::]", "10.0.0.1", "192.0.2.7", "example.com", "[2001:db8::1]", "128.0.0.1"])
    func plaintext(_ host: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try Self.settings([.listen: "\(host):80"]) }
        #expect(error?.message.contains("--allow-plaintext") == true)
        #expect(throws: ConfigurationError.self) { try Self.settings([.listen: "\(host):80", .allowPlaintext: "false"]) }
        #expect(try Self.settings([.listen: "\(host):80", .allowPlaintext: "true"]).port == 80)
    }

    @Test("let TLS go beyond loopback, with both of its files or none")
    func tls() throws {
        let pair: [Setting: String] = [.certificateFile: "/c", .certificateKeyFile: "/k"]
        let settings = try Self.settings(pair.merging([.listen: "0.0.0.0:443"]) { $1 })
        #expect(settings.certificate == CertificateFiles(certificate: "/c", key: "/k") && settings.scheme == "https")
        #expect(throws: Never.self) { try settings.requireLoopback("192.0.2.1") }
        for (setting, missing) in [(Setting.certificateFile, "--tls-key-file"), (.certificateKeyFile, "--tls-certificate-file")] {
            let error = #expect(throws: ConfigurationError.self) { try Self.settings([setting: "/x"]) }
            #expect(error?.message.contains(missing) == true)
        }
        let plain = try Self.settings([:])
        #expect(plain.certificate == nil && plain.scheme == "http")
    }

    @Test("log what an operator has to know, or each request, too")
    func logLevel() throws {
        #expect(try !Self.settings([:]).logsRequests && !Self.settings([.logLevel: "info"]).logsRequests)
        #expect(try Self.settings([.logLevel: "debug"]).logsRequests)
        for level in ["trace", "DEBUG", "error", "0"] {
            #expect(throws: ConfigurationError.self) { try Self.settings([.logLevel: level]) }
        }
    }

    @Test("hold for a socket that was handed over, too")
    func plaintextOfInheritedSockets() throws {
        let settings = try Self.settings([:])
        #expect(throws: ConfigurationError.self) { try settings.requireLoopback("0.0.0.0") }
        #expect(throws: Never.self) { try settings.requireLoopback("127.0.0.1") }
        let open = try Self.settings([.allowPlaintext: "true"])
        #expect(throws: Never.self) { try open.requireLoopback("0.0.0.0") }
    }
}

@Suite("The settings file")
struct SettingsFileTests {
    @Test("has a setting a line, comments and empty lines")
    func good() throws {
        let text = "# comment = x\n\nSTATE_DIR=/var/lib/x\nLATCHKEY_ISSUER=https://a/=b\n#x\nPLANES=\n"
        #expect(try SettingsFile.parse(text, name: "f") == [.stateDirectory: "/var/lib/x", .issuer: "https://a/=b", .planes: ""])
    }

    @Test(
        "is refused with the line's number for whatever is not one",
        arguments: [
            ("STATE_DIR", 1), ("\nSTATE_DIR", 2), ("state-dir=/x", 1), ("STATE_DIR =/x", 1), (" STATE_DIR=/x", 1), ("=x", 1),
            ("#a\n#b\nNO_SUCH=1", 3),
            ("ISSUER=a\nISSUER=a", 2), ("ISSUER=a\nLATCHKEY_ISSUER=b", 2), ("ISSUER= a", 1), ("ISSUER=a ", 1), ("ISSUER=\"a\"", 1),
            ("ISSUER='a'", 1), ("ISSUER=\ta", 1),
            ("STATE_DIR=/x\r\n", 1), ("export ISSUER=a", 1), ("LATCHKEY_LATCHKEY_ISSUER=a", 1), ("LATCHKEY_SOCKET=/x", 1), (" ", 1),
            (" # x", 1),
        ])
    func refused(_ text: String, _ line: Int) {
        let error = #expect(throws: ConfigurationError.self, "\(text)") { try SettingsFile.parse(text, name: "the file") }
        #expect(error?.message.hasPrefix("the file, line \(line):") == true, "\(error?.message ?? "")")
    }

    @Test("is refused without its strange characters in the message")
    func shown() {
        let error = #expect(throws: ConfigurationError.self) { try SettingsFile.parse("\u{1b}[31mX\u{202e}=1", name: "f") }
        #expect(error?.message.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) } == true)
    }
}
