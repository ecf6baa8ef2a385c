import LatchkeyServer
import Testing

@testable import latchkey

@Suite(.timeLimit(.minutes(1))) struct Help {
    static let groups: [[String]] = [
        [], ["api-keys"], ["identities"], ["identities", "sub-agents"], ["tokens"], ["scopes"], ["audit"], ["orgs"],
        ["signing-keys"], ["anchor"], ["bundle"], ["seal"], ["clock"], ["backup"], ["cutover"], ["cutover", "verifiers"],
    ]

    static let leaves: [[String]] =
        [["serve"], ["status"], ["jwks"], ["verify"], ["authorize"], ["events"], ["scan"], ["restore"], ["fsck"], ["doctor"]]
        + ["create", "verify"].map { ["backup", $0] }
        + ["mint", "list", "show", "can", "rotate", "revoke"].map { ["api-keys", $0] }
        + ["create", "list", "show", "update", "suspend", "reactivate", "retire", "delete", "activity"].map { ["identities", $0] }
        + ["create", "list"].map { ["identities", "sub-agents", $0] }
        + ["issue", "refresh", "list", "introspect", "validate", "revoke"].map { ["tokens", $0] }
        + ["validate", "check", "explain", "templates", "profile", "profiles"].map { ["scopes", $0] }
        + ["query", "show", "export", "head", "verify", "prove", "check-proof"].map { ["audit", $0] }
        + ["create", "list", "show", "update"].map { ["orgs", $0] }
        + ["list", "show", "rotate", "revoke", "import", "export-public", "explain"].map { ["signing-keys", $0] }
        + [["anchor", "show"], ["anchor", "succeed"], ["bundle", "export"], ["bundle", "show"]]
        + [["seal", "status"], ["seal", "rewrap"], ["clock", "accept"]]
        + ["status", "advance", "rollback", "purge", "import-secret"].map { ["cutover", $0] }
        + ["list", "add", "remove"].map { ["cutover", "verifiers", $0] }

    static let commands = groups + leaves

    @Test(arguments: commands)
    func `every command has help with an example`(command: [String]) async throws {
        let run = try await Tool.run(command + ["--help"])
        #expect(run.code == 0 && run.errors.isEmpty)
        #expect(run.output.contains((["latchkey"] + command).joined(separator: " ") + " "))
        #expect(run.output.split(separator: "\n").allSatisfy { !$0.hasSuffix("\\") }, "a line that was to go on ends in a backslash")
        let usage = run.output.components(of: "USAGE:")
        #expect(usage[0].contains("latchkey " + (command.first ?? "serve")), "the example stands before the usage")
    }

    @Test func `every command but the groups takes --json`() async throws {
        for command in Self.leaves {
            #expect(try await Tool.run(command + ["--help"]).output.contains("--json"))
        }
    }

    @Test func `latchkey alone, and a group alone, print help`() async throws {
        for command in Self.groups {
            let run = try await Tool.run(command)
            #expect(run.code == 0 && run.output.contains("SUBCOMMANDS:"))
        }
    }

    @Test(arguments: [
        ["frobnicate"], ["api-keys", "rotate"], ["status", "--url", "x"], ["--frobnicate"], ["verify"], ["api-keys", "show"],
    ])
    func `an unknown or incomplete command line is usage`(command: [String]) async throws {
        let run = try await Tool.run(command)
        #expect(run.code == 2 && run.output.isEmpty)
        #expect(run.errors.hasPrefix("latchkey: ") && run.errors.contains("\nhint: see 'latchkey"))
        #expect(run.errors.split(separator: "\n").count == 2)
    }

    @Test func `every setting has its flag`() async throws {
        var flags = SettingFlags()
        (flags.stateDirectory, flags.listen, flags.adminSocket, flags.issuer) = ("a", "b", "c", "d")
        (flags.signingKeyBits, flags.accessTokenTTL, flags.refreshTokenTTL, flags.maxAccessTokenTTL) = ("e", "f", "g", "h")
        (flags.refreshRetryWindow, flags.jwksMaxAge, flags.planes, flags.trustedProxies) = ("i", "j", "k", "l")
        (flags.adminGroup, flags.masterKeyFile, flags.allowPlaintext, flags.mintsPerHour) = ("m", "n", "o", "p")
        (flags.auditRetention, flags.rotationPeriod, flags.shortestStandby, flags.graceAfterUse) = ("q", "r", "s", "t")
        (flags.maxBundleLife, flags.cutoverLegacyJWK, flags.cutoverSoak, flags.cutoverHold) = ("u", "v", "w", "x")
        (flags.organisationTokensPerHour, flags.requestsPerSecond) = ("y", "z")
        (flags.auditCheckpointEntries, flags.auditCheckpointMinutes) = ("0", "1")
        (flags.certificateFile, flags.certificateKeyFile, flags.logLevel) = ("aa", "ab", "ac")
        #expect(Set(flags.values.keys) == Set(Setting.allCases))
        #expect(Set(flags.values.values).count == Setting.allCases.count)
        let help = try await Tool.run(["serve", "--help"]).output
        for setting in Setting.allCases { #expect(help.contains(setting.flag)) }
    }
}

extension String {
    fileprivate func components(of separator: String) -> [String] {
        guard let range = self.firstRange(of: separator) else { return [self] }
        return [String(self[..<range.lowerBound]), String(self[range.upperBound...])]
    }
}
