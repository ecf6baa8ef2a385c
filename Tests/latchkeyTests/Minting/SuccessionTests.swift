import FoundationEssentials
import LatchkeyVerifier
import Testing

extension OverTheSocket {
    /// Keys that take another's place: `mint --replaces` and `rotate`.
    @Suite struct Successions {
        /// A key of before, as its maker got it.
        private func old(_ name: String, to file: String) async throws -> KeyAnswer {
            let daemon = try OverTheSocket.daemon
            let arguments = ["api-keys", "mint", "--name", name, "--scope", "relayfile:fs:read:/docs/*", "--to-file", file, "--json"]
            return try await Tool.run(arguments, environment: ["LATCHKEY_SOCKET": daemon.socket]).json(MintAnswer.self).apiKey
        }

        private func run(_ arguments: [String]) async throws -> Tool.Run {
            try await Tool.run(arguments, environment: ["LATCHKEY_SOCKET": OverTheSocket.daemon.socket])
        }

        private func key(_ id: String) async throws -> KeyAnswer {
            try await OverTheSocket.daemon.run("api-keys", "show", id, "--json").json(KeyAnswer.self)
        }

        /// Whether the daemon takes what a file holds for an API key.
        private func works(_ file: String) async throws -> Bool {
            let daemon = try OverTheSocket.daemon
            return try await Tool.run(["authorize", "relayfile:fs:read:/docs/*", "--url", daemon.url, "--api-key-file", file]).code == 0
        }

        private func mint(_ name: String, replacing id: String, _ options: [String]) async throws -> Tool.Run {
            try await run(["api-keys", "mint", "--name", name, "--scope", "relayfile:fs:read:/docs/*", "--replaces", id] + options)
        }

        @Test func `a replaced key is revoked once the new one is in its place`() async throws {
            try await ScratchDirectory.with { scratch in
                let before = try await old("succeeded", to: scratch["k"])
                let secret = try scratch.read("k")
                let run = try await mint("successor", replacing: before.id, ["--to-file", scratch["k"], "--force"])
                #expect(run.code == 0 && run.lines.contains("replaces\t\(before.id), revoked"), "\(run.errors)")
                #expect(try await key(before.id).revoked)
                #expect(try scratch.read("k") != secret)
                #expect(try await works(scratch["k"]))
            }
        }

        @Test(arguments: [["--to-command", "cat > /dev/null"], ["--to-temp-file"], ["--print-key"]])
        func `wherever the new secret goes, the old key is revoked`(options: [String]) async throws {
            try await ScratchDirectory.with { scratch in
                let before = try await old("succeeded elsewhere", to: scratch["k"])
                let arguments = ["api-keys", "mint", "--name", "elsewhere", "--scope", "*", "--replaces", before.id] + options
                let run = try await Tool.run(
                    arguments, environment: ["LATCHKEY_SOCKET": OverTheSocket.daemon.socket, "TMPDIR": scratch.path])
                #expect(run.code == 0, "\(run.errors)")
                #expect(try await key(before.id).revoked)
            }
        }

        @Test(arguments: [["--to-command", "cat > /dev/null; exit 1"], ["--to-command", "exit 0"]])
        func `when the new secret can't be stored, the old key lives and the new one is dead`(options: [String]) async throws {
            try await ScratchDirectory.with { scratch in
                let before = try await old("survivor", to: scratch["k"])
                let name = "stillborn \(options)"
                let run = try await mint(name, replacing: before.id, options)
                #expect(run.code == 3 && run.errors.contains("it has been revoked; \(before.id) is untouched"), "\(run.errors)")
                #expect(try await key(before.id).revoked == false)
                #expect(try await works(scratch["k"]))
                #expect(try await OverTheSocket.daemon.keys().first { $0.name == name }?.revoked == true)
            }
        }

        @Test func `a key that is not there, or that is revoked, is not replaced, and nothing is minted`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                let unknown = try await mint("after nobody", replacing: "ak_01ARZ3NDEKTSV4RRFFQ69G5FAV", ["--print-key"])
                #expect(unknown.code == 1 && unknown.output.isEmpty)
                let before = try await old("dead", to: scratch["k"])
                _ = try await daemon.run("api-keys", "revoke", before.id)
                let dead = try await mint("after the dead", replacing: before.id, ["--print-key"])
                #expect(dead.code == 1 && dead.output.isEmpty && dead.errors.contains("has been revoked already; nothing was minted"))
                let rehearsed = try await mint("after the dead", replacing: before.id, ["--dry-run"])
                #expect(rehearsed.code == 1 && rehearsed.output.contains("✗ \"replacing \(before.id)\": "))
                #expect(try await daemon.keys().allSatisfy { !$0.name.hasPrefix("after ") })
            }
        }

        @Test func `a rotated key is the same with a new secret, and the old one is dead at once`() async throws {
            try await ScratchDirectory.with { scratch in
                let before = try await old("rotated", to: scratch["k"])
                let run = try await run(["api-keys", "rotate", before.id, "--to-file", scratch["new"]])
                #expect(run.code == 0 && run.lines.contains("replaces\t\(before.id), revoked"), "\(run.errors)")
                let id = try #require(run.lines.first { $0.hasPrefix("id\t") }).dropFirst(3)
                let after = try await key(String(id))
                #expect(after.name == before.name && after.scopes == before.scopes && !after.revoked && after.prefix != before.prefix)
                #expect(try await key(before.id).revoked)
                #expect(try await works(scratch["new"]))
                #expect(try await works(scratch["k"]) == false)
            }
        }

        @Test func `with an overlap both work, until a moment that is told`() async throws {
            try await ScratchDirectory.with { scratch in
                let before = try await old("overlapping", to: scratch["k"])
                let run = try await run(["api-keys", "rotate", before.id, "--overlap", "1h", "--to-file", scratch["new"]])
                let end = try #require(try await key(before.id).expiresAt)
                #expect(run.code == 0 && run.lines.contains("replaces\t\(before.id), which works until \(end)"), "\(run.errors)")
                let left = try #require(Timestamp(rfc3339: end)).seconds - SystemClock().now().seconds
                #expect((3540...3600).contains(left))
                #expect(try await works(scratch["k"]))
                #expect(try await works(scratch["new"]))
            }
        }

        @Test(arguments: [[], ["--overlap", "2h"]])
        func `when the new secret can't be stored, the rotated key works on for a while, and can be rotated again`(
            options: [String]
        ) async throws {
            try await ScratchDirectory.with { scratch in
                let before = try await old("rotated in vain", to: scratch["k"])
                let failed = try await run(["api-keys", "rotate", before.id, "--to-command", "exit 0"] + options)
                let end = try #require(try await key(before.id).expiresAt)
                #expect(
                    failed.code == 3 && failed.errors.contains("it has been revoked; \(before.id) ends at \(end)\n"), "\(failed.errors)")
                #expect(failed.errors.contains("mint --replaces \(before.id) sets it no such end"))
                let left = try #require(Timestamp(rfc3339: end)).seconds - SystemClock().now().seconds
                #expect((-60...0).contains(left - (options.isEmpty ? 7 * 86_400 : 7200)))
                #expect(try await key(before.id).revoked == false)
                #expect(try await works(scratch["k"]))
                let again = try await run(["api-keys", "rotate", before.id, "--print-key", "--json"])
                #expect(again.code == 0)
                let made = try again.json(MintAnswer.self)
                #expect(made.key?.hasPrefix(made.apiKey.prefix) == true && made.apiKey.expiresAt == nil)
                #expect(try await key(before.id).revoked)
            }
        }

        @Test(arguments: [
            ["--print-key", "--overlap", "8d"], ["--print-key", "--overlap", "soon"], [], ["--print-key", "--to-temp-file"],
        ])
        func `a rotation that is not clear is usage`(options: [String]) async throws {
            let run = try await Tool.run(["api-keys", "rotate", "ak_1", "--socket", "/nowhere"] + options)
            #expect(run.code == 2 && run.output.isEmpty, "\(run.errors)")
        }

        @Test func `a stolen key is revoked with all that came from it, which is counted`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                let stolen = try await daemon.run(
                    "api-keys", "mint", "--name", "stolen", "--scope", "*", "--to-file", scratch["stolen"], "--json"
                ).json(MintAnswer.self).apiKey
                let minted = try await run([
                    "api-keys", "mint", "--name", "by the thief", "--scope", "*", "--to-file", scratch["second"], "--url", daemon.url,
                    "--api-key-file", scratch["stolen"],
                ])
                #expect(minted.code == 0, "\(minted.errors)")
                let run = try await run(["api-keys", "revoke", stolen.id, "--descendants", "--reason", "found in a log"])
                #expect(run.code == 0 && run.lines.contains("also revoked\t1 key, 0 identities, 0 sessions"), "\(run)")
                #expect(try await daemon.keys().first { $0.name == "by the thief" }?.revoked == true)
            }
        }
    }
}
