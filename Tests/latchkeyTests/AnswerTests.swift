import Glibc
import Synchronization
import Testing

/// What the commands make of the daemon's answers.
@Suite(.timeLimit(.minutes(2))) struct AnswersShown {
    private func run(
        _ arguments: [String], input: String? = nil, shell: String? = nil, answer: @escaping @Sendable (FakeDaemon.Request) -> String
    ) async throws -> Tool.Run {
        try await ScratchDirectory.with { scratch in
            let daemon = FakeDaemon(path: scratch["s"], answer: answer)
            defer { daemon.stop() }
            return try await Tool.run(arguments + ["--socket", scratch["s"]], input: input, shell: shell)
        }
    }

    private static let entries = [
        #"{"entries":[{"id":"aud_2","seq":2,"timestamp":"T2","action":"scope.denied","actor":"api-key:lk_1","result":"denied","resource":"r"}],"nextCursor":"c","hasMore":true}"#,
        #"{"entries":[{"id":"aud_1","seq":1,"timestamp":"T1","action":"token.issued","actor":"x","identityId":"agent_1","result":"allowed"},{"timestamp":"T0","result":"mystery"}],"hasMore":false}"#,
    ]

    private static func page(_ request: FakeDaemon.Request) -> String {
        FakeDaemon.json(200, entries[request.text.contains("cursor=c ") || request.text.contains("cursor=c&") ? 1 : 0])
    }

    @Test(arguments: [["audit", "query"], ["identities", "activity", "agent_1"]])
    func `the audit log follows its cursors, and marks what was refused`(command: [String]) async throws {
        let rows = try await run(command) { Self.page($0) }
        #expect(rows.code == 0)
        #expect(
            rows.lines == [
                "T2\t✗ denied\tapi-key:lk_1\tscope.denied\t-\tr", "T1\t✓ allowed\tx\ttoken.issued\tagent_1\t-", "T0\t✗ denied\t-\t-\t-\t-",
            ])
        let json = try await run(command + ["--json"]) { Self.page($0) }
        #expect(json.output.hasPrefix(#"{"data":[{"id":"aud_2","#) && json.output.hasSuffix("\"mystery\"}]}\n"))
        #expect(try await run(command + ["--limit", "1"]) { Self.page($0) }.lines.count == 1)
    }

    @Test func `refused rows are red on a terminal, and bare where colour is not wanted`() async throws {
        for (environment, isPainted) in [("TERM=xterm", true), ("TERM=dumb", false), ("TERM=xterm NO_COLOR=1", false)] {
            let shell = "export \(environment); exec script -qec \"'$0' $*\" /dev/null < /dev/null"
            let shown = try await run(["audit", "query"], shell: shell) { Self.page($0) }.output.split(separator: "\r\n")
            let denied = try #require(shown.first { $0.contains("✗ denied") })
            let allowed = try #require(shown.first { $0.contains("✓ allowed") })
            #expect(denied.hasPrefix("\u{1B}[31mT2") == isPainted && allowed.hasPrefix("\u{1B}[32mT1") == isPainted)
            if !isPainted { #expect(!shown.joined().contains("\u{1B}")) }
        }
    }

    @Test func `an entry of a signing key shows which one it was`() async throws {
        let entries =
            #"{"entries":[{"timestamp":"T","action":"key.revoked","actor":"x","result":"allowed","resource":"signing-key","metadata":{"kid":"abc"}}],"hasMore":false}"#
        let rows = try await run(["audit", "query"]) { _ in FakeDaemon.json(200, entries) }
        #expect(rows.lines == ["T\t✓ allowed\tx\tkey.revoked\tabc\tsigning-key"])
    }

    @Test func `an entry is shown with all that it says`() async throws {
        let shown = try await run(["audit", "show", "aud_1"]) { _ in
            FakeDaemon.json(
                200,
                #"{"id":"aud_1","seq":7,"timestamp":"T","action":"a","actor":"x","result":"error","metadata":{"count":"3"},"ip":"::1"}"#)
        }
        #expect(
            shown.output == "id\taud_1\nnumber\t7\ntime\tT\naction\ta\nresult\t✗ error\nactor\tx\naddress\t::1\nmetadata\tcount=3\n")
    }

    @Test(arguments: [
        (#"{"allowed":true,"matchedScope":"a:b:read:*","grantedVia":"exact"}"#, 0, "allowed\n"), (#"{"allowed":false}"#, 1, "denied\n"),
        (#"{"allowed":"true"}"#, 1, ""), (#"{}"#, 1, ""),
    ])
    func `a check is told by its word and by its exit code`(answer: String, code: Int32, output: String) async throws {
        let shown = try await run(["scopes", "check", "--identity", "a", "a:b:read"]) { _ in FakeDaemon.json(200, answer) }
        #expect(shown.code == code && shown.output == output)
    }

    @Test(arguments: [
        (200, #"{"allowed":true,"matchedScope":"s"}"#, 0, "allowed\n"),
        (403, #"{"message":"no","code":"insufficient_scope","required":"s","actual":[]}"#, 1, "denied\n"),
        (403, #"{"message":"no","code":"org_mismatch"}"#, 1, ""), (401, #"{"message":"no","code":"invalid_token"}"#, 1, ""),
        (200, #"{"allowed":false}"#, 1, ""), (200, #"{}"#, 1, ""),
    ])
    func `only an answer that allows is told as one`(status: Int, answer: String, code: Int32, output: String) async throws {
        let shown = try await run(["authorize", "s"]) { _ in FakeDaemon.json(status, answer) }
        #expect(shown.code == code && shown.output == output)
        let json = try await run(["authorize", "s", "--json"]) { _ in FakeDaemon.json(status, answer) }
        #expect(json.code == code && json.output.isEmpty == output.isEmpty)
        #expect(json.output.contains(#""allowed":true"#) == (code == 0))
    }

    @Test func `routes are listed with what is missing for them`() async throws {
        let seen = Mutex<[String]>([])
        let answer: @Sendable (FakeDaemon.Request) -> String = { request in
            seen.withLock { $0.append(request.text) }
            return request.text.hasPrefix("GET /v1/identities/a ")
                ? FakeDaemon.json(200, #"{"id":"a","scopes":["x:y:read:*"]}"#)
                : FakeDaemon.json(
                    200,
                    #"{"scopes":[],"routes":[{"method":"GET","path":"/p","summary":"Look","allowed":true},{"method":"POST","path":"/p","allowed":false,"missing":"x:y:write:*"},{"method":"PUT","path":"/p","allowed":"true"}]}"#
                )
        }
        let shown = try await run(["scopes", "explain", "--identity", "a"], answer: answer)
        #expect(shown.lines == ["✓\tGET\t/p\t-\tLook", "✗\tPOST\t/p\tx:y:write:*\t-", "✗\tPUT\t/p\t-\t-"])
        #expect(seen.withLock { $0.last?.hasSuffix(#"{"scopes":["x:y:read:*"]}"#) } == true)
    }

    @Test func `a sub-agent's token is alone on standard output`() async throws {
        let answer =
            #"{"identity":{"id":"agent_2","name":"helper"},"tokenPair":{"accessToken":"a.b.c","refreshToken":"lkr_1"},"sponsorChain":[]}"#
        let arguments = ["identities", "sub-agents", "create", "agent_1", "--name", "helper"]
        let shown = try await run(arguments) { _ in FakeDaemon.json(201, answer) }
        #expect(shown.code == 0 && shown.output == "a.b.c\n" && shown.errors.contains("agent_2") && !shown.errors.contains("lkr_1"))
        let json = try await run(arguments + ["--json"]) { _ in FakeDaemon.json(201, answer) }
        #expect(json.output == answer + "\n" && json.errors.isEmpty)
    }

    @Test(arguments: [
        (#"{"valid":true,"claims":{"sub":"a"}}"#, 0, "{\"sub\":\"a\"}\n", ""),
        (#"{"valid":false,"claims":null}"#, 1, "", "not good now"),
        (#"{"valid":false,"claims":null,"missingScopes":["a:b:read:*"]}"#, 1, "", "lacks a:b:read:*"),
        (#"{"claims":{}}"#, 1, "", "not JSON"),
    ])
    func `a token is valid when the daemon says so`(answer: String, code: Int32, output: String, errors: String) async throws {
        let shown = try await run(["tokens", "validate"], input: "t") { _ in FakeDaemon.json(200, answer) }
        #expect(shown.code == code && shown.output == output && shown.errors.contains(errors))
    }

    @Test func `organisations and live tokens are tables`() async throws {
        let orgs = try await run(["orgs", "list"]) { _ in
            FakeDaemon.json(
                200,
                #"{"data":[{"orgId":"org_1","name":"A","maxTokenTTL":86400,"defaultTokenTTL":3600,"auditRetentionDays":0,"createdAt":"T"}]}"#
            )
        }
        #expect(orgs.output == "org_1\tA\t3600 s\t86400 s\tfor ever\tT\n")
        let tokens = try await run(["tokens", "list", "--identity", "a"]) { _ in
            FakeDaemon.json(
                200,
                #"{"data":[{"jti":"tok_1","sid":"sess_1","scopes":["s"],"audience":["x","y"],"issuedAt":"T1","expiresAt":"T2","revoked":false}],"pagination":{"cursor":null,"hasMore":false,"limit":50}}"#
            )
        }
        #expect(tokens.output == "tok_1\tsess_1\tT1\tT2\tx y\ts\n")
    }

    @Test(arguments: [("yes", true), ("sage", true), ("agent_1", false), ("no", false), ("", false), ("y", false)])
    func `a deletion is confirmed at the terminal`(answer: String, isDone: Bool) async throws {
        let methods = Mutex<[String]>([])
        let shell = "printf '%s\\n' '\(answer)' | script -qec \"'$0' $*\" /dev/null"
        let shown = try await run(["identities", "delete", "agent_1"], shell: shell) { request in
            methods.withLock { $0.append(String(request.text.prefix { $0 != " " })) }
            if request.text.hasPrefix("DELETE") { return "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n" }
            return FakeDaemon.json(
                200, request.text.contains("/sub-agents") ? #"{"data":[{"id":"agent_2"}]}"# : #"{"id":"agent_1","name":"sage"}"#)
        }
        #expect(shown.output.contains("delete sage (agent_1), its 1 sub-agent and all below, for good?"), "\(shown.output)")
        #expect(methods.withLock { $0 } == ["GET", "GET"] + (isDone ? ["DELETE"] : []))
        #expect(shown.code == (isDone ? 0 : 1) && shown.output.contains("nothing was done") == !isDone)
    }
}
