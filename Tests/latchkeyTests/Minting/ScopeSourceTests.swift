import LatchkeyVerifier
import Testing

@testable import latchkey

@Suite struct ScopeSourceTests {
    @Test func `a file has a scope a line, and lines that are none`() {
        #expect(
            ScopeSources.parse("# for sage\r\n\r\n  relayfile:fs:read:/docs/* \r\n#x\nrelayauth:identity:read\n") == [
                "relayfile:fs:read:/docs/*", "relayauth:identity:read",
            ])
        #expect(ScopeSources.parse("\n# nothing\n").isEmpty)
    }

    @Test(arguments: [
        (#""createdAt":"2026-01-01T00:00:00.000Z""#, true),
        (#""createdAt":"2026-11-01T00:00:00.000Z""#, false),
        (#""createdAt":"2025-01-01T00:00:00.000Z","lastUsedAt":"2026-11-01T00:00:00.000Z""#, false),
        (#""createdAt":"2025-01-01T00:00:00.000Z","lastUsedAt":"2026-01-01T00:00:00.000Z""#, true),
        (#""createdAt":"2025-01-01T00:00:00.000Z","revoked":true"#, false),
        (#""createdAt":"2025-01-01T00:00:00.000Z","expiresAt":"2026-11-20T00:00:00.000Z""#, false),
        (#""createdAt":"2025-01-01T00:00:00.000Z","expiresAt":"2027-11-20T00:00:00.000Z""#, true),
    ])
    func `a key is unused when it works and nobody came with it`(members: String, isUnused: Bool) throws {
        let now = try #require(Timestamp(rfc3339: "2026-11-21T00:00:00.000Z"))
        let key = try JSONDocument(Array("{\(members)}".utf8)).root
        #expect(APIKeyReport(key).isUnused(since: now.adding(seconds: -90 * 86_400), now: now) == isUnused)
    }
}

extension OverTheSocket {
    @Suite struct Rehearsals {
        struct Answer: Decodable {
            struct Body: Decodable {
                let name: String
                let scopes: [String]
            }
            struct Request: Decodable {
                let method: String
                let path: String
                let body: Body
            }
            struct Verdict: Decodable {
                let subject: String
                let allowed: Bool
                let reason: String?
                let accepted: Bool?
            }
            let allowed: Bool
            let request: Request
            let verdicts: [Verdict]
            let routes: [String]?
        }

        @Test func `scopes come from options, templates and a file, and --dry-run mints nothing`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                try scratch.write("# more\nrelayfile:fs:read:/docs/*\n", to: "scopes")
                let run = try await daemon.run(
                    "api-keys", "mint", "--name", "rehearsed", "--scope", "relayauth:identity:manage", "--template", "files-reader",
                    "--scopes-file", scratch["scopes"], "--dry-run", "--json")
                let answer = try run.json(Answer.self)
                #expect(run.code == 0 && answer.allowed && answer.request.method == "POST" && answer.request.path == "/v1/api-keys")
                #expect(answer.request.body.name == "rehearsed")
                #expect(answer.request.body.scopes == ["relayauth:identity:manage", "relayfile:fs:read:*", "relayfile:fs:read:/docs/*"])
                #expect(answer.verdicts.count == 5 && answer.routes?.contains("POST /v1/identities") == true)
                #expect(answer.routes?.contains("POST /v1/api-keys") == false)
                #expect(try await daemon.keys().allSatisfy { $0.name != "rehearsed" })
            }
        }

        @Test func `a scope that is none, or that the caller lacks, is refused before the mint`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                let wrong = try await daemon.run("api-keys", "mint", "--name", "n", "--scope", "relayfile:fs:raed", "--dry-run")
                #expect(wrong.code == 1 && wrong.output.contains("✗ relayfile:fs:raed: ") && wrong.output.contains("relayfile:fs:read:*"))
                _ = try await daemon.run(
                    "api-keys", "mint", "--name", "small", "--template", "key-manager", "--to-file", scratch["small.key"])
                let beyond = try await Tool.run([
                    "api-keys", "mint", "--name", "n", "--scope", "relayauth:audit:read", "--dry-run", "--url", daemon.url,
                    "--api-key-file",
                    scratch["small.key"],
                ])
                #expect(
                    beyond.code == 1 && beyond.output.contains("✓ \"minting API keys\"\n")
                        && beyond.output.contains("✗ relayauth:audit:read: "), "\(beyond)")
            }
        }

        @Test(arguments: [
            ["--scope", "relayauth:identiy:manage"], ["--scope", "relayfile:fs:read", "--scope", "relayauth:identiy:manage"],
            ["--scopes-file", "FILE"], ["--profile", "sage", "--profiles-file", "PROFILES", "--scope", "relayauth:identiy:manage"],
        ])
        func `a resource that nobody asks for is refused before the mint, when a known one is near`(scopes: [String]) async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                try scratch.write("relayauth:identiy:manage\n", to: "scopes")
                try scratch.write(#"{"profiles":{"sage":{"routes":["POST /v1/identities"]}}}"#, to: "profiles")
                let options = scopes.map { $0 == "FILE" ? scratch["scopes"] : $0 == "PROFILES" ? scratch["profiles"] : $0 }
                let arguments = ["api-keys", "mint", "--name", "slipped"] + options
                let meant = #"asks for the resource "identiy"; did you mean "relayauth:identity:manage:*"?"#
                let environment = ["LATCHKEY_SOCKET": daemon.socket]
                let run = try await Tool.run(arguments + ["--to-file", scratch["k"]], environment: environment)
                #expect(run.code == 1 && run.output.isEmpty && run.errors.contains(meant + " nothing was minted"), "\(run.errors)")
                let rehearsed = try await Tool.run(arguments + ["--dry-run"], environment: environment)
                #expect(rehearsed.code == 1 && rehearsed.output.contains("✗ relayauth:identiy:manage: "), "\(rehearsed.output)")
                #expect(rehearsed.output.contains(meant) && !rehearsed.output.contains("can call"))
                #expect(try await daemon.keys().allSatisfy { $0.name != "slipped" })
                #expect(!scratch.names.contains("k"))
            }
        }

        @Test(arguments: [
            (String(repeating: "n", count: 150), "90d", "name must have 1 to 100 characters; it has 150", "✓ expires\n"),
            ("", "90d", "name must have 1 to 100 characters; it has 0", "✓ expires\n"),
            ("ab\u{202E}c", "90d", "name holds the character U+202E", "✓ expires\n"),
            ("past", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000Z is not in the future", "✓ name\n"),
        ])
        func `a name and an end that the daemon would refuse are refused by a rehearsal`(
            name: String, end: String, says: String, good: String
        ) async throws {
            let daemon = try OverTheSocket.daemon
            let options = ["--scope", "relayfile:fs:read", "--expires", end, "--dry-run"]
            let run = try await Tool.run(["api-keys", "mint", "--name", name] + options, environment: ["LATCHKEY_SOCKET": daemon.socket])
            #expect(run.code == 1 && run.output.contains(": \(says)") && run.output.contains(good), "\(run)")
            #expect(run.output.contains("✓ relayfile:fs:read\n") && run.errors.contains("this key would be refused; nothing was minted"))
        }

        @Test func `a name and an end that are good are said to be`() async throws {
            let run = try await OverTheSocket.daemon.run(
                "api-keys", "mint", "--name", "good", "--scope", "relayfile:fs:read", "--expires", "90d", "--dry-run")
            #expect(run.code == 0 && run.output.contains("✓ name\n✓ expires\n✓ relayfile:fs:read\n"), "\(run)")
        }

        @Test func `an unknown template is usage, with the one that was meant`() async throws {
            let run = try await Tool.run(["api-keys", "mint", "--name", "n", "--template", "auditro", "--print-key"])
            #expect(run.code == 2 && run.errors.contains("did you mean auditor?"))
        }

        @Test func `what a key can call is said by its id`() async throws {
            let daemon = try OverTheSocket.daemon
            let minted = try await daemon.run(
                "api-keys", "mint", "--name", "can", "--template", "identity-manager", "--print-key", "--json"
            ).json(
                MintAnswer.self)
            let id = minted.apiKey.id
            let can = try await daemon.run("api-keys", "can", id, "POST /v1/identities")
            #expect(can.code == 0 && can.output == "allowed\n", "\(can.errors)")
            #expect(try await daemon.run("api-keys", "can", id, "post /v1/identities/agent_1/suspend").code == 0)
            let not = try await daemon.run("api-keys", "can", id, "POST /v1/api-keys")
            #expect(not.code == 1 && not.output == "denied\n" && not.errors.contains("it lacks relayauth:api-key:manage:*"))
            let unknown = try await daemon.run("api-keys", "can", id, "POST /v1/nothing")
            #expect(unknown.code == 1 && unknown.output.isEmpty && unknown.errors.contains("no protected route POST /v1/nothing"))
            let slip = try await daemon.run("api-keys", "can", id, "POST /v1/identites")
            #expect(slip.code == 1 && slip.errors.contains("hint: did you mean POST /v1/identities?"))
            let own = try await daemon.run("api-keys", "can", id, "POST /api/v1/keys")
            #expect(own.code == 1 && own.output == "denied\n" && own.errors.contains("it acts for no identity"))
            #expect(try await daemon.run("api-keys", "can", id, "identities").code == 2)
            _ = try await daemon.run("api-keys", "revoke", id)
            let dead = try await daemon.run("api-keys", "can", id, "POST /v1/identities")
            #expect(dead.code == 1 && dead.output == "denied\n" && dead.errors.contains("it is revoked"))
        }

        @Test func `unused keys are listed from all pages, up to the limit`() async throws {
            let pages: @Sendable (String) -> (Int, String) = { asked in
                let key = #"{"id":"ID","prefix":"lk_00000000","name":"n","scopes":["*:*:*:*"],"createdAt":"DATE","revoked":false}"#
                let old = { (id: String) in key.replacing("ID", with: id).replacing("DATE", with: "2020-01-01T00:00:00.000Z") }
                let new = key.replacing("ID", with: "ak_new").replacing("DATE", with: SystemClock().now().description)
                return asked.contains("cursor=")
                    ? (200, #"{"data":[\#(old("ak_3"))],"pagination":{"cursor":null}}"#)
                    : (200, #"{"data":[\#(old("ak_1")),\#(new),\#(old("ak_2"))],"pagination":{"cursor":"c"}}"#)
            }
            let all = try await FakeRun.of(["api-keys", "list", "--unused", "90d"], answer: pages)
            #expect(all.run.code == 0 && all.run.lines.map { $0.split(separator: "\t")[0] } == ["ak_1", "ak_2", "ak_3"])
            let two = try await FakeRun.of(["api-keys", "list", "--unused", "90d", "--limit", "2", "--json"], answer: pages)
            #expect(two.run.output.contains("ak_2") && !two.run.output.contains("ak_3") && !two.run.output.contains("ak_new"))
            #expect(all.asked.count == 2 && two.asked.count == 1, "no page is asked for when there is enough: \(two.asked)")
        }
    }
}
