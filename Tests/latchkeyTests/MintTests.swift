import Glibc
import LatchkeyVerifier
import Testing

extension OverTheSocket {
    @Suite struct Minting {
        @Test func `to a file: the secret is there, whole, for its owner alone, and nothing of it is printed`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                let run = try await daemon.run(
                    "api-keys", "mint", "--name", "file", "--scope", "relayauth:token:create:*", "--to-file", scratch["a.key"])
                #expect(run.code == 0, "\(run.errors)")
                let secret = try scratch.read("a.key")
                #expect(secret.hasPrefix("lk_") && secret.hasSuffix("\n") && secret.utf8.count == 53)
                #expect(scratch.status("a.key")?.st_mode == S_IFREG | 0o600)
                #expect(scratch.status("a.key")?.st_nlink == 1)
                #expect(scratch.names == ["a.key"])
                #expect(!run.output.contains(secret.dropLast()) && !run.errors.contains(secret.dropLast()))
                let facts = Dictionary(
                    uniqueKeysWithValues: run.lines.map { line in (line.split(separator: "\t")[0], line.split(separator: "\t")[1]) })
                #expect(facts["id"]?.hasPrefix("ak_") == true)
                #expect(facts["prefix"] == secret.prefix(11))
                #expect(facts["scopes"] == "relayauth:token:create:*")
                #expect(facts["file"].map(String.init) == scratch["a.key"])
            }
        }

        @Test func `to a file with --json: the key is described, its secret is not in the answer`() async throws {
            try await ScratchDirectory.with { scratch in
                let run = try await OverTheSocket.daemon.run(
                    "api-keys", "mint", "--name", "j", "--scope", "*", "--to-file", scratch["a.key"], "--json")
                let answer = try run.json(MintAnswer.self)
                #expect(answer.key == nil && answer.apiKey.name == "j" && answer.apiKey.scopes == ["*:*:*:*"])
            }
        }

        @Test func `with --print-key standard output is the secret and a newline, and nothing else`() async throws {
            let run = try await OverTheSocket.daemon.run("api-keys", "mint", "--name", "printed", "--scope", "*", "--print-key")
            #expect(run.code == 0)
            #expect(run.output.hasPrefix("lk_") && run.output.utf8.count == 53 && run.lines.count == 1)
            #expect(run.errors.contains(run.output.prefix(11)) && run.errors.contains("ak_"))
            #expect(!run.errors.contains(run.output.dropLast()))
        }

        @Test func `with --print-key and --json standard output is one document with both`() async throws {
            let run = try await OverTheSocket.daemon.run("api-keys", "mint", "--name", "both", "--scope", "*", "--print-key", "--json")
            let answer = try run.json(MintAnswer.self)
            #expect(answer.key?.hasPrefix(answer.apiKey.prefix) == true)
            #expect(run.errors.isEmpty)
        }

        @Test(arguments: [("90d", 90 * 86_400), ("12h", 43_200)])
        func `an expiry is a span from now`(span: String, seconds: Int) async throws {
            let run = try await OverTheSocket.daemon.run(
                "api-keys", "mint", "--name", "ends", "--scope", "*", "--expires", span, "--print-key", "--json")
            let expires = try #require(try run.json(MintAnswer.self).apiKey.expiresAt.flatMap { Timestamp(rfc3339: $0) })
            let off = SystemClock().now().adding(seconds: Int64(seconds)).milliseconds - expires.milliseconds
            #expect((0..<60_000).contains(off))
        }

        @Test(arguments: [
            ([], "--to-file"), (["--to-file", "/tmp/x", "--print-key"], "--to-file"), (["--print-key", "--force"], "--force"),
            (["--print-key", "--expires", "soon"], "--expires"), (["--print-key", "--expires", "0d"], "--expires"),
        ])
        func `a command line that is not clear is usage, and mints nothing`(options: [String], named: String) async throws {
            let daemon = try OverTheSocket.daemon
            let arguments = ["api-keys", "mint", "--name", "unclear \(options)", "--scope", "*"] + options
            let run = try await Tool.run(arguments, environment: ["LATCHKEY_SOCKET": daemon.socket])
            #expect(run.code == 2)
            #expect(run.errors.hasPrefix("latchkey: ") && run.errors.contains(named) && run.errors.contains("\nhint: "))
            #expect(try await daemon.keys().allSatisfy { $0.name != "unclear \(options)" })
        }

        @Test func `without a destination nothing is contacted either`() async throws {
            let run = try await Tool.run(["api-keys", "mint", "--name", "n", "--scope", "*", "--socket", "/nowhere/at/all"])
            #expect(run.code == 2)
            for choice in ["--to-file PATH", "--to-command", "--to-gh-secret", "--to-systemd-credential", "--to-temp-file", "--print-key"] {
                #expect(run.errors.contains(choice))
            }
        }

        @Test func `what the daemon refuses is told with what was wrong, and leaves no file`() async throws {
            try await ScratchDirectory.with { scratch in
                let run = try await OverTheSocket.daemon.run(
                    "api-keys", "mint", "--name", "n", "--scope", "relayfile:fs:raed:*", "--to-file", scratch["k"])
                #expect(run.code == 1)
                #expect(run.errors.hasPrefix("latchkey: ") && run.errors.contains("relayfile:fs:r"))
                #expect(scratch.names.isEmpty)
            }
        }

        @Test func `an organisation that does not exist is refused`() async throws {
            let run = try await OverTheSocket.daemon.run("api-keys", "list", "--org", "org_nobody")
            #expect(run.code == 1)
            #expect(run.errors.hasPrefix("latchkey: "))
        }
    }
}
