import Synchronization
import Testing

/// What each command asks the daemon for: method, path and body.
@Suite(.timeLimit(.minutes(2))) struct Requests {
    struct Case: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let request: String
        var body = ""
        var input: String?

        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let cases: [Case] = [
        Case(
            arguments: [
                "identities", "update", "a/1", "--name", "n", "--type", "human", "--scope", "s", "--role", "r", "--metadata", "k=v",
            ],
            request: "PATCH /v1/identities/a%2F1",
            body: #"{"name":"n","type":"human","scopes":["s"],"roles":["r"],"metadata":{"k":"v"}}"#),
        Case(
            arguments: ["identities", "update", "a", "--no-scopes", "--no-roles", "--no-metadata"], request: "PATCH /v1/identities/a",
            body: #"{"scopes":[],"roles":[],"metadata":{}}"#),
        Case(
            arguments: ["identities", "suspend", "a", "--reason", "x"], request: "POST /v1/identities/a/suspend", body: #"{"reason":"x"}"#),
        Case(arguments: ["identities", "reactivate", "a"], request: "POST /v1/identities/a/reactivate", body: "{}"),
        Case(arguments: ["identities", "retire", "a"], request: "POST /v1/identities/a/retire", body: "{}"),
        Case(arguments: ["identities", "delete", "a", "--yes"], request: "DELETE /v1/identities/a"),
        Case(
            arguments: ["identities", "activity", "a", "--action", "token.issued", "--limit", "3"],
            request: "GET /v1/identities/a/activity?action=token%2Eissued&limit=3"),
        Case(arguments: ["identities", "sub-agents", "list", "a"], request: "GET /v1/identities/a/sub-agents?limit=100"),
        Case(
            arguments: [
                "identities", "sub-agents", "create", "a", "--name", "n", "--scope", "s", "--expires-in", "60", "--metadata", "k=v",
            ],
            request: "POST /v1/identities/a/sub-agents", body: #"{"name":"n","scopes":["s"],"metadata":{"k":"v"},"ttl":60}"#),
        Case(
            arguments: ["identities", "sub-agents", "create", "a", "--name", "n"], request: "POST /v1/identities/a/sub-agents",
            body: #"{"name":"n"}"#),
        Case(
            arguments: ["identities", "sub-agents", "create", "a", "--name", "n", "--no-scopes"],
            request: "POST /v1/identities/a/sub-agents", body: #"{"name":"n","scopes":[]}"#),
        Case(
            arguments: ["api-keys", "revoke", "a/1", "--descendants", "--reason", "x"], request: "POST /v1/api-keys/a%2F1/revoke",
            body: #"{"reason":"x","descendants":true}"#),
        Case(arguments: ["api-keys", "revoke", "a"], request: "POST /v1/api-keys/a/revoke", body: "{}"),
        Case(arguments: ["tokens", "list", "--identity", "a"], request: "GET /v1/tokens/a?limit=100"),
        Case(
            arguments: ["tokens", "validate", "--require", "s", "-"], request: "POST /v1/tokens/validate",
            body: #"{"token":"t.t.t","requiredScopes":["s"]}"#, input: "t.t.t\n"),
        Case(arguments: ["tokens", "validate"], request: "POST /v1/tokens/validate", body: #"{"token":"t"}"#, input: "t"),
        Case(arguments: ["scopes", "validate", "a:b:c"], request: "POST /v1/scopes/validate", body: #"{"scope":"a:b:c"}"#),
        Case(
            arguments: ["scopes", "check", "--identity", "a", "s"], request: "POST /v1/scopes/check",
            body: #"{"identityId":"a","scope":"s"}"#),
        Case(
            arguments: ["scopes", "explain", "--scope", "s", "--scope", "t"], request: "POST /v1/scopes/explain",
            body: #"{"scopes":["s","t"]}"#),
        Case(arguments: ["scopes", "explain", "--identity", "a"], request: "GET /v1/identities/a"),
        Case(arguments: ["scopes", "explain", "--api-key", "a"], request: "GET /v1/api-keys/a"),
        Case(arguments: ["scopes", "templates"], request: "GET /v1/scopes/templates"),
        Case(arguments: ["authorize", "s"], request: "POST /v1/authorize", body: #"{"scope":"s"}"#),
        Case(
            arguments: ["authorize", "--file-path", "/a b:c", "--action", "read"], request: "POST /v1/authorize/file",
            body: #"{"path":"/a b:c","action":"read"}"#),
        Case(
            arguments: [
                "audit", "query", "--identity", "a", "--action", "x", "--workspace", "w", "--plane", "p", "--result", "denied", "--from",
                "2026-01-01T00:00:00Z", "--to", "2026-02-01T01:00:00+01:00", "--unattributed", "--limit", "500",
            ],
            request:
                "GET /v1/audit?identityId=a&action=x&workspaceId=w&plane=p&result=denied&from=2026-01-01T00%3A00%3A00%2E000Z&to=2026-02-01T00%3A00%3A00%2E000Z&unattributed=true&limit=100"
        ),
        Case(arguments: ["audit", "show", "x"], request: "GET /v1/audit/x"),
        Case(
            arguments: [
                "audit", "export", "--format", "csv", "--identity", "a", "--from", "2026-01-01T00:00:00Z", "--result", "error",
                "--unattributed",
            ], request: "POST /v1/audit/export",
            body: #"{"format":"csv","identityId":"a","result":"error","from":"2026-01-01T00:00:00.000Z","unattributed":true}"#),
        Case(arguments: ["events"], request: "GET /v1/events"),
        Case(arguments: ["events", "--type", "a.b", "--type", "c"], request: "GET /v1/events?types=a%2Eb%2Cc"),
        Case(arguments: ["orgs", "create", "--name", "n"], request: "POST /v1/admin/orgs", body: #"{"name":"n"}"#),
        Case(arguments: ["orgs", "list"], request: "GET /v1/admin/orgs?limit=100"),
        Case(arguments: ["orgs", "show"], request: "GET /v1/admin/org"),
        Case(
            arguments: ["orgs", "update", "--name", "n", "--max-token-ttl", "2h", "--default-token-ttl", "90", "--audit-retention", "0"],
            request: "PATCH /v1/admin/org", body: #"{"name":"n","maxTokenTTL":7200,"defaultTokenTTL":90,"auditRetentionDays":0}"#),
    ]

    @Test(arguments: cases + keyCases) func `a command asks for what it says`(expected: Case) async throws {
        try await ScratchDirectory.with { scratch in
            let seen = Mutex("")
            let daemon = FakeDaemon(path: scratch["s"]) { request in
                seen.withLock { $0 = request.text }
                return FakeDaemon.json(403, #"{"message":"no","code":"org_mismatch"}"#)
            }
            defer { daemon.stop() }
            let run = try await Tool.run(expected.arguments + ["--socket", scratch["s"]], input: expected.input)
            #expect(run.code == 1 && run.output.isEmpty && run.errors == "latchkey: no\n", "\(run.errors)")
            let parts = seen.withLock { $0 }.split(separator: "\r\n\r\n", maxSplits: 1)
            #expect(parts.first?.hasPrefix(expected.request + " HTTP/1.1\r\n") == true, "\(parts)")
            #expect((parts.count > 1 ? String(parts[1]) : "") == expected.body)
            if expected.request.hasPrefix("DELETE") { #expect(parts[0].lowercased().contains("\r\nx-confirm-delete: true")) }
        }
    }

    @Test(
        arguments: [
            ["identities", "update", "a"], ["identities", "update", "a", "--scope", "s", "--no-scopes"], ["identities", "suspend", "a"],
            ["identities", "delete", "a"], ["identities", "sub-agents", "create", "a"], ["tokens", "list"], ["scopes", "check", "s"],
            ["scopes", "explain"], ["scopes", "explain", "--scope", "s", "--identity", "a"], ["authorize"],
            ["authorize", "s", "--file-path", "/a"], ["authorize", "--file-path", "/a"], ["authorize", "s", "--action", "read"],
            ["audit", "query", "--from", "yesterday"], ["audit", "query", "--limit", "0"], ["audit", "export"],
            ["audit", "export", "--format", "xml"], ["audit", "export", "--format", "json", "--json"], ["orgs", "update"],
            ["orgs", "update", "--max-token-ttl", "soon"], ["orgs", "create"], ["tokens", "validate", "eyJ.a.b"],
        ] + unclearKeyCases)
    func `a command line that is not clear is usage, and nobody is asked`(arguments: [String]) async throws {
        let run = try await Tool.run(arguments + ["--socket", "/nowhere"])
        #expect(run.code == 2 && run.output.isEmpty && !run.errors.contains("eyJ"), "\(run.errors)")
    }
}
