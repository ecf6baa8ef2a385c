import Testing

extension ServerTests {
    @Suite("A request's body")
    struct RequestBodyTests {
        @Test(
            "must be a JSON object",
            arguments: [
                "", " ", "{", "[]", "[{}]", "null", "1", "\"name\"", "true", "{\"name\":}", "{'name':'x'}", "{}{}", "\u{0}", "nil",
                "{\"a\":1,}x",
            ])
        func notAnObject(_ body: String) async throws {
            try await withDaemon { daemon in
                for path in [
                    "/v1/api-keys", "/v1/identities", "/v1/tokens", "/v1/tokens/revoke", "/v1/tokens/introspect", "/v1/tokens/refresh",
                ] {
                    let reply = try await daemon.admin("POST", path, body: body)
                    expectError(reply, 400, "invalid_json", "\(path) \(body)")
                }
            }
        }

        @Test("must be JSON to the letter, in UTF-8, with no member that comes twice")
        func strict() async throws {
            try await withDaemon { daemon in
                for body in [
                    #"{"refreshToken":"x",}"#, #"{"refreshToken":"x","refreshToken":"y"}"#, #"{"refreshToken":"x"} x"#,
                    #"{"refreshToken":"x" "a":1}"#,
                    #"{refreshToken:"x"}"#, "\u{feff}{\"refreshToken\":\"x\"}", #"{"refreshToken":"x",/**/"a":1}"#,
                    #"{"refreshToken":"x","a":01}"#,
                    "{\"refreshToken\":\"x\ty\"}", #"{"refreshToken":"\x"}"#,
                ] {
                    expectError(try await daemon.send("POST", "/v1/tokens/refresh", body: body), 400, "invalid_json", body)
                }
                for bytes in [
                    Array(#"{"refreshToken":"x"}"#.utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] },
                    Array(#"{"refreshToken":""#.utf8) + [0xFF, 0x22, 0x7D],
                ] {
                    let wire = try await Wire.open(daemon.tcp)
                    try await wire.send(
                        Array("POST /v1/tokens/refresh HTTP/1.1\r\nhost: test\r\ncontent-length: \(bytes.count)\r\n\r\n".utf8) + bytes)
                    expectError(try await wire.reply(), 400, "invalid_json")
                    await wire.close()
                }
                expectError(
                    try await daemon.send("POST", "/v1/tokens/refresh", body: " {\n\t\"refreshToken\" : \"x\" }\r\n"), 401,
                    "invalid_refresh_token")
            }
        }

        @Test("may be absent where all of it is optional, and must be an object where it comes")
        func optional() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayfile:fs:read:*")
                expectError(try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke", body: "[]"), 400, "invalid_json")
                expectField(try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke", body: #"{"reason":1}"#), "reason")
                expectError(try await daemon.admin("POST", "/v1/api-keys/\(key.id)/rotate", body: "[]"), 400, "invalid_json")
                expectError(try await daemon.admin("POST", "/org/tokens", body: "null"), 400, "invalid_json")
                let rotated = try TestDaemon.key(await daemon.admin("POST", "/v1/api-keys/\(key.id)/rotate"))
                #expect(try await daemon.admin("POST", "/v1/api-keys/\(rotated.id)/rotate", body: "{}").status == 201)
                #expect(try await daemon.admin("POST", "/org/tokens").status == 200)
                #expect(try await daemon.admin("POST", "/org/tokens", body: #"{"name":null,"orgId":null}"#).status == 200)
                #expect(try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke").json["revoked"]?.flag == true)
                #expect(try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke", body: "{}").status == 200)
            }
        }

        @Test(
            "is refused with the name of the member that is of the wrong type, size or form",
            arguments: [
                ("/v1/api-keys", #"{"scopes":["relayauth:api-key:read:*"]}"#, "name"),
                ("/v1/api-keys", #"{"name":1,"scopes":["a"]}"#, "name"),
                ("/v1/api-keys", #"{"name":null,"scopes":["a"]}"#, "name"),
                ("/v1/api-keys", #"{"name":"","scopes":["relayauth:api-key:read:*"]}"#, "name"),
                ("/v1/api-keys", #"{"name":"a\u200bb","scopes":["relayauth:api-key:read:*"]}"#, "name"),
                ("/v1/api-keys", #"{"name":"a\u202eb","scopes":["relayauth:api-key:read:*"]}"#, "name"),
                ("/v1/api-keys", #"{"name":"a\nb","scopes":["relayauth:api-key:read:*"]}"#, "name"),
                ("/v1/api-keys", #"{"name":"\#(String(repeating: "n", count: 101))","scopes":["relayauth:api-key:read:*"]}"#, "name"),
                ("/v1/api-keys", #"{"name":"x"}"#, "scopes"), ("/v1/api-keys", #"{"name":"x","scopes":[]}"#, "scopes"),
                ("/v1/api-keys", #"{"name":"x","scopes":"a"}"#, "scopes"), ("/v1/api-keys", #"{"name":"x","scopes":[1]}"#, "scopes"),
                ("/v1/api-keys", #"{"name":"x","scopes":["relayauth:api-key:read:*"],"expiresAt":5}"#, "expiresAt"),
                ("/v1/api-keys", #"{"name":"x","scopes":["relayauth:api-key:read:*"],"expiresAt":"tomorrow"}"#, "expiresAt"),
                ("/v1/api-keys", #"{"name":"x","scopes":["relayauth:api-key:read:*"],"expiresAt":"2029-12-31T23:59:59Z"}"#, "expiresAt"),
                ("/v1/api-keys", #"{"name":"x","scopes":["relayauth:api-key:read:*"],"expiresAt":"2030-01-01T00:00:00Z"}"#, "expiresAt"),
                ("/v1/api-keys", #"{"name":"x","scopes":["relayauth:api-key:read:*"],"orgId":7}"#, "orgId"),
                ("/v1/api-keys/ak_x/rotate", #"{"overlapSeconds":-1}"#, "overlapSeconds"),
                ("/v1/api-keys/ak_x/rotate", #"{"overlapSeconds":0.5}"#, "overlapSeconds"),
                ("/v1/api-keys/ak_x/rotate", #"{"overlapSeconds":604801}"#, "overlapSeconds"),
                ("/v1/api-keys/ak_x/rotate", #"{"overlapSeconds":1e400}"#, "overlapSeconds"),
                ("/v1/api-keys/ak_x/rotate", #"{"overlapSeconds":"60"}"#, "overlapSeconds"),
                ("/v1/api-keys/ak_x/rotate", #"{"overlapSeconds":true}"#, "overlapSeconds"),
                ("/v1/api-keys/ak_x/revoke", #"{"descendants":"true"}"#, "descendants"),
                ("/v1/api-keys/ak_x/revoke", #"{"descendants":1}"#, "descendants"),
                ("/org/tokens", #"{"name":""}"#, "name"), ("/org/tokens", #"{"name":7}"#, "name"),
                ("/org/tokens", #"{"name":"a\u202eb"}"#, "name"), ("/org/tokens", #"{"orgId":7}"#, "orgId"),
                ("/org/tokens", #"{"name":"\#(String(repeating: "n", count: 101))"}"#, "name"),
                ("/v1/identities", #"{"name":"x"}"#, "sponsorId"), ("/v1/identities", #"{"name":"x","sponsorId":""}"#, "sponsorId"),
                ("/v1/identities", #"{"name":"x","sponsorId":"a","type":"robot"}"#, "type"),
                ("/v1/identities", #"{"name":"x","sponsorId":"a","type":1}"#, "type"),
                ("/v1/identities", #"{"name":"x","sponsorId":"a","metadata":{"a":1}}"#, "metadata"),
                ("/v1/identities", #"{"name":"x","sponsorId":"a","metadata":[]}"#, "metadata"),
                ("/v1/identities", #"{"name":"x","sponsorId":"a","roles":"r"}"#, "roles"),
                ("/v1/identities", #"{"name":"x","sponsorId":"a","workspaceId":""}"#, "workspaceId"),
                ("/v1/tokens", #"{}"#, "identityId"), ("/v1/tokens", #"{"identityId":"agent_x","audience":"a"}"#, "audience"),
                ("/v1/tokens", #"{"identityId":"agent_x","audience":[]}"#, "audience"),
                ("/v1/tokens", #"{"identityId":"agent_x","audience":["a b"]}"#, "audience"),
                ("/v1/tokens", #"{"identityId":"agent_x","audience":["é"]}"#, "audience"),
                ("/v1/tokens", #"{"identityId":"agent_x","scopes":{}}"#, "scopes"),
                ("/v1/tokens/refresh", "{}", "refreshToken"), ("/v1/tokens/refresh", #"{"refreshToken":7}"#, "refreshToken"),
                ("/v1/tokens/revoke", "{}", "tokenId"), ("/v1/tokens/revoke", #"{"tokenId":"a","sessionId":"b"}"#, "tokenId"),
                ("/v1/tokens/revoke", #"{"tokenId":["a"]}"#, "tokenId"), ("/v1/tokens/introspect", "{}", "token"),
                ("/v1/tokens/introspect", #"{"token":null}"#, "token"),
            ])
        func wrongMember(_ path: String, _ body: String, _ field: String) async throws {
            try await withDaemon { daemon in expectField(try await daemon.admin("POST", path, body: body), field, body) }
        }

        @Test("A scope that is none is named with the reason")
        func invalidScope() async throws {
            try await withDaemon { daemon in
                for (path, more) in [
                    ("/v1/api-keys", ""), ("/v1/identities", #","sponsorId":"a""#), ("/v1/tokens", #","identityId":"agent_x""#),
                ] {
                    let reply = try await daemon.admin("POST", path, body: #"{"name":"x","scopes":["relayfile:fs:raed"]\#(more)}"#)
                    expectError(reply, 400, "invalid_scope", path)
                    #expect(reply.json["scope"]?.text == "relayfile:fs:raed")
                    #expect(reply.json["message"]?.text?.contains("relayfile:fs:read") == true)
                }
            }
        }

        @Test(
            "An access token's life is a whole number of seconds; more than the greatest is clamped",
            arguments: [
                ("1e15", 86_400), ("86401", 86_400), ("86400", 86_400), ("1e3", 1000), ("60.0", 60), ("1", 1), ("9007199254740993", 86_400),
                ("null", 3600),
                ("1e308", 86_400), ("0.5", nil), ("-5", nil), ("0", nil), ("-0", nil), (#""5abc""#, nil), (#""5""#, nil), ("1e400", nil),
                ("-1e400", nil),
                ("true", nil), ("[60]", nil), ("{}", nil), ("60.5", nil), ("-1e15", nil), ("1e-9", nil), (#""""#, nil),
            ] as [(String, Int?)])
        func expiresIn(_ text: String, _ seconds: Int?) async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("relayfile:fs:read:*")
                let reply = try await daemon.admin("POST", "/v1/tokens", body: #"{"identityId":"\#(identity)","expiresIn":\#(text)}"#)
                if let seconds {
                    let claims = try TestDaemon.pair(reply).claims
                    #expect(try #require(claims["exp"]?.number) - #require(claims["iat"]?.number) == Double(seconds))
                } else {
                    expectField(reply, "expiresIn", text)
                }
            }
        }

        @Test("has at most 64 KiB, announced or in chunks; more is 413 and the connection ends")
        func size() async throws {
            try await withDaemon { daemon in
                let core = #"{"refreshToken":"x"}"#
                let whole = core + String(repeating: " ", count: 65_536 - core.utf8.count)
                expectError(try await daemon.send("POST", "/v1/tokens/refresh", body: whole), 401, "invalid_refresh_token")
                func chunked(_ body: String) -> String {
                    let half = body.utf8.count / 2
                    let (first, second) = (body.prefix(half), body.dropFirst(half))
                    return "POST /v1/tokens/refresh HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"
                        + [first, second].map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
                }
                for (request, isTooLarge) in [
                    (TestDaemon.request("POST", "/v1/tokens/refresh", body: whole + " "), true), (chunked(whole), false),
                    (chunked(whole + " "), true),
                    // announced, and nothing of it sent
                    ("POST /v1/tokens/refresh HTTP/1.1\r\nhost: test\r\ncontent-length: 65537\r\n\r\n", true),
                    ("POST /v1/tokens/refresh HTTP/1.1\r\nhost: test\r\ncontent-length: 9223372036854775807\r\n\r\n", true),
                ] {
                    let wire = try await Wire.open(daemon.tcp)
                    try await wire.send(request)
                    let reply = try await wire.reply()
                    if isTooLarge {
                        expectError(reply, 413, "body_too_large")
                        #expect(reply["connection"] == "close")
                        await wire.untilClosed()
                    } else {
                        expectError(reply, 401, "invalid_refresh_token")
                        try await wire.send(TestDaemon.request("GET", "/health"))
                        #expect(try await wire.reply().status == 200)
                    }
                    await wire.close()
                }
            }
        }

        @Test("of 400 MB from nobody is refused by its head, and costs no memory", arguments: [true, false])
        func flood(_ isAnnounced: Bool) async throws {
            let size = 400 * 1024 * 1024
            try await withDaemon { daemon in
                // warm: what the first requests allocate for good is not the flood's
                for _ in 0..<20 { _ = try await daemon.send("POST", "/v1/api-keys", body: "{}") }
                let before = try Memory.anonymous()
                let wire = try await Wire.open(daemon.tcp)
                let framing = isAnnounced ? "content-length: \(size)" : "transfer-encoding: chunked"
                try await wire.send("POST /v1/api-keys HTTP/1.1\r\nhost: test\r\n\(framing)\r\n\r\n")
                let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 64 * 1024)
                let chunk = isAnnounced ? piece : Array("10000\r\n".utf8) + piece + Array("\r\n".utf8)
                var sent = 0
                var most = before
                do {
                    while sent < size {
                        try await wire.send(chunk)
                        sent += piece.count
                        if sent % (16 * piece.count) == 0 { most = max(most, try Memory.anonymous()) }
                    }
                } catch {
                    // The server has closed the connection.
                }
                expectError(try await wire.reply(), 401, "missing_authorization")
                await wire.untilClosed()
                #expect(sent < size / 4, "the connection was closed, not drained")
                most = max(most, try Memory.anonymous())
                // Other tests may be at work beside this one; the body would be three times as much.
                #expect(most - before < 128 * 1024, "KiB")
                #expect(try await daemon.send("GET", "/health").status == 200)
            }
        }
    }
}
