import FoundationEssentials
import Glibc
import Subprocess
import Testing

extension OverTheSocket {
    @Suite struct TokenCommands {
        @Test func `issue prints the access token alone, and the daemon takes it for good`() async throws {
            let daemon = try OverTheSocket.daemon
            let identity = try await daemon.identity("issues")
            let issued = try await daemon.run(
                "tokens", "issue", "--identity", identity.id, "--audience", "relayfile", "--audience", "other", "--expires-in", "90",
                "--scope",
                "relayfile:fs:read:/docs/a")
            #expect(issued.code == 0 && issued.lines.count == 1 && issued.output.split(separator: ".").count == 3)
            let claims = try await daemon.run("tokens", "introspect", "-", input: issued.output).json(ClaimsAnswer.self)
            #expect(claims.sub == identity.id && claims.aud == ["relayfile", "other"] && claims.scopes == ["relayfile:fs:read:/docs/a"])
            #expect(claims.exp - claims.iat == 90)
        }

        @Test func `refresh prints a new pair, access token first`() async throws {
            let daemon = try OverTheSocket.daemon
            let pair = try await daemon.pair(daemon.identity("refreshes").id)
            #expect(pair.tokenType == "Bearer" && pair.refreshToken.hasPrefix("lkr_"))
            let fresh = try await daemon.run("tokens", "refresh", "-", input: "  \(pair.refreshToken)\n")
            #expect(fresh.code == 0 && fresh.lines.count == 2, "\(fresh.errors)")
            #expect(fresh.lines[0] != pair.accessToken && fresh.lines[1].hasPrefix("lkr_") && fresh.lines[1] != pair.refreshToken)
            let json = try await daemon.run("tokens", "refresh", "--json", input: fresh.lines[1]).json(PairAnswer.self)
            #expect(json.refreshToken != fresh.lines[1])
        }

        @Test func `a bad refresh token is refused, and not repeated`() async throws {
            for bad in ["lkr_0000000000000000000000000000000000000000000000000", "a\"b\\c"] {
                let run = try await OverTheSocket.daemon.run("tokens", "refresh", input: bad)
                #expect(run.code == 1 && !run.errors.contains(bad))
            }
        }

        @Test(arguments: ["", " \n", "two words", "caf\u{E9}", String(repeating: "x", count: 16_385)])
        func `what is no token at all is refused before it is sent`(input: String) async throws {
            let run = try await Tool.run(["tokens", "refresh", "--socket", "/nowhere"], input: input)
            #expect(run.code == 1 && run.errors.contains("standard input"))
        }

        @Test(arguments: ["refresh", "introspect"])
        func `a secret as an argument is refused, and not repeated`(command: String) async throws {
            let run = try await Tool.run(["tokens", command, "lkr_secret", "--socket", "/nowhere"])
            #expect(run.code == 2 && !run.errors.contains("lkr_secret") && run.errors.contains("standard input"))
        }

        @Test(arguments: ["--token", "--session", "--identity"])
        func `what is revoked introspects as null, which is a failure`(option: String) async throws {
            let daemon = try OverTheSocket.daemon
            let identity = try await daemon.identity("revoked by \(option)")
            let token = try await daemon.pair(identity.id).accessToken
            let claims = try await daemon.run("tokens", "introspect", input: token).json(ClaimsAnswer.self)
            let id = ["--token": claims.jti, "--session": claims.sid, "--identity": claims.sub][option]!
            let revoked = try await daemon.run("tokens", "revoke", option, id)
            #expect(revoked.code == 0 && revoked.output == "revoked\t\(id)\n")
            let after = try await daemon.run("tokens", "introspect", "-", input: token)
            #expect(after.code == 1 && after.output.isEmpty && after.errors.hasPrefix("latchkey: the token is not good now"))
            let json = try await daemon.run("tokens", "introspect", "--json", input: token)
            #expect(json.code == 1 && json.output == "null\n")
        }

        @Test func `what is not there can't be revoked`() async throws {
            let run = try await OverTheSocket.daemon.run("tokens", "revoke", "--token", "tok_nothing", "--json")
            #expect(run.code == 1 && run.output.isEmpty)
        }

        @Test(arguments: [[], ["--token", "a", "--session", "b"]])
        func `exactly one thing is revoked at a time`(options: [String]) async throws {
            #expect(try await Tool.run(["tokens", "revoke", "--socket", "/nowhere"] + options).code == 2)
        }

        @Test func `scopes beyond the identity's are refused with what was needed and what is held`() async throws {
            let daemon = try OverTheSocket.daemon
            let identity = try await daemon.identity("narrow")
            let run = try await daemon.run("tokens", "issue", "--identity", identity.id, "--scope", "cloud:job:run:*")
            #expect(run.code == 1)
            #expect(run.errors.contains("hint: needed: cloud:job:run:*; held: relayfile:fs:read:/docs/*"))
        }

        @Test func `a number that is none is usage`() async throws {
            for value in ["0.5", "5abc", "1e15"] {
                #expect(
                    try await Tool.run(["tokens", "issue", "--identity", "i", "--expires-in", value, "--socket", "/nowhere"]).code == 2)
            }
        }

        @Test func `a secret is in no command line and no environment while the command runs`() async throws {
            let daemon = try OverTheSocket.daemon
            let token = try await daemon.pair(daemon.identity("watched").id).refreshToken
            let configuration = Configuration(
                executable: .name(Tool.name), arguments: ["tokens", "refresh", "-"],
                environment: Tool.environment(["LATCHKEY_SOCKET": daemon.socket]))
            let outcome = try await Subprocess.run(configuration, input: .inputWriter, output: .string(limit: 65_536), error: .discarded) {
                execution in
                _ = try await execution.standardInputWriter.write(token)
                // It has the token, or will have it, and waits for the end of its input.
                let process = "/proc/\(execution.processIdentifier.value)/"
                let seen = try ["cmdline", "environ"].map { try Data(contentsOf: URL(filePath: process + $0)) }
                try await execution.standardInputWriter.finish()
                return seen
            }
            #expect(outcome.terminationStatus.isSuccess)
            for text in outcome.closureResult {
                #expect(!String(decoding: text, as: UTF8.self).contains(token))
            }
        }
    }
}
