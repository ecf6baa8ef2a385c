@testable import LatchkeyAuthority
@testable import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("POST /api/v1/keys")
    struct SelfServiceRouteTests {
        private static let path = "/api/v1/keys"
        private static let scopes = ["relayauth:api-key:read:*", "relayfile:fs:read:/docs/*"]

        private static func identity(_ daemon: TestDaemon) async throws -> String {
            try await daemon.identity(scopes[0], scopes[1])
        }

        @Test("answers with a key that acts as its caller, by the name that it asks for or `API key`")
        func answer() async throws {
            try await withDaemon { daemon in
                let identity = try await Self.identity(daemon)
                let bearer = try await daemon.bearer(of: identity)
                for (body, name, end) in [
                    (nil, "API key", nil), ("{}", "API key", nil), (#"{"name":null,"expires_at":null}"#, "API key", nil),
                    (#"{"name":"my laptop"}"#, "my laptop", nil),
                    (#"{"name":"e\u0301","expires_at":"2030-02-01T00:00:00Z"}"#, "\u{e9}", "2030-02-01T00:00:00.000Z"),
                ] as [(String?, String, String?)] {
                    let key = try await daemon.ownKey(bearer, body)
                    let reply = key.reply
                    #expect(reply.status == 201 && reply["cache-control"] == "no-store" && reply["content-type"] == "application/json")
                    #expect(
                        reply.json.names == (end == nil ? ["id", "name", "prefix", "key"] : ["id", "name", "prefix", "key", "expires_at"]))
                    #expect(reply.json["name"]?.text == name && reply.json["expires_at"]?.text == end)
                    #expect(key.id.hasPrefix("ak_") && reply.json["prefix"]?.text == String(key.secret.prefix(11)))
                    let shown = try await daemon.call("GET", "/v1/api-keys/\(key.id)", key: key.secret).json
                    #expect(shown["kind"]?.text == "self_service" && shown["name"]?.text == name && shown["scopes"]?.texts == Self.scopes)
                    #expect(shown["createdBy"]?.text == "identity:\(identity)" && shown["expiresAt"]?.text == end)
                    let verdict = try await daemon.send("GET", "/v1/authorize?scope=relayfile:fs:read:/docs/a", [key.header])
                    #expect(verdict["x-latchkey-subject"] == identity && verdict["x-latchkey-scopes"] == Self.scopes.joined(separator: " "))
                }
                // a key that an identity made may make another one
                let first = try await daemon.ownKey(bearer)
                let second = try await daemon.ownKey(first.header)
                let entry = try #require(try daemon.audit(.apiKeyCreated).last)
                #expect(entry.metadata["apiKeyId"] == second.id && entry.identityId == identity)
                #expect(entry.actor == "api-key:\(first.secret.prefix(11))")
            }
        }

        @Test(
            "takes expires_at as RFC 3339, or as seconds or milliseconds since 1970",
            arguments: [
                (#""2030-02-01T00:00:00Z""#, "2030-02-01T00:00:00.000Z"), (#""2030-02-01T01:00:00.5+01:00""#, "2030-02-01T00:00:00.500Z"),
                ("1896134400", "2030-02-01T00:00:00.000Z"), ("1896134400000", "2030-02-01T00:00:00.000Z"),
                ("1896134400.25", "2030-02-01T00:00:00.250Z"), ("1896134400250.75", "2030-02-01T00:00:00.250Z"),
                ("1.8961344e9", "2030-02-01T00:00:00.000Z"), ("1893456001", "2030-01-01T00:00:01.000Z"),
                ("1893456000001", "2030-01-01T00:00:00.001Z"), ("99999999999", "5138-11-16T09:46:39.000Z"),
                ("253402300799999", "9999-12-31T23:59:59.999Z"),
                // in the past, or none
                ("1893456000", nil), ("1893456000000", nil), (#""2030-01-01T00:00:00Z""#, nil), ("100000000000", nil), ("0", nil),
                ("-0", nil),
                ("-1", nil), ("-1896134400", nil), ("253402300800000", nil), ("1e300", nil), ("1e400", nil), ("1e-400", nil),
                (#""tomorrow""#, nil), (#""""#, nil), (#""1896134400""#, nil), (#""2030-02-01""#, nil), ("true", nil), ("[]", nil),
                ("{}", nil), ("[1896134400]", nil),
            ] as [(String, String?)])
        func ends(_ text: String, _ end: String?) async throws {
            try await withDaemon { daemon in
                let bearer = try await daemon.bearer(of: Self.identity(daemon))
                let reply = try await daemon.send("POST", Self.path, [bearer], body: #"{"expires_at":\#(text)}"#)
                guard let end else { return expectField(reply, "expires_at", text) }
                #expect(reply.status == 201 && reply.json["expires_at"]?.text == end, "\(reply.text)")
            }
        }

        @Test("gives a key that is dead at its end")
        func end() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let key = try await daemon.ownKey(daemon.bearer(of: Self.identity(daemon)), #"{"expires_at":1893456060}"#)
                clock.advance(seconds: 59)
                #expect(try await daemon.isLive(key.secret))
                clock.advance(seconds: 1)
                #expect(try await !daemon.isLive(key.secret))
            }
        }

        @Test("is for callers with an identity behind them, whatever others hold")
        func others() async throws {
            try await withDaemon { daemon in
                let (key, token) = (try await daemon.key("*"), try await daemon.organisationToken())
                for reply in [
                    try await daemon.call("POST", Self.path, key: key.secret), try await daemon.call("POST", Self.path, key: token.secret),
                    try await daemon.admin("POST", Self.path),
                    // before anything is said of the body, but its size
                    try await daemon.call("POST", Self.path, key: key.secret, body: "{"),
                    try await daemon.call("POST", Self.path + "?orgId=x", key: key.secret, body: #"{"name":""}"#),
                ] {
                    expectError(reply, 403, "identity_required")
                }
                let large = String(repeating: "x", count: 70_000)
                expectError(try await daemon.call("POST", Self.path, key: key.secret, body: large), 413, "body_too_large")
                for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                    let anonymous = try await daemon.send(method, Self.path)
                    #expect(anonymous.status == 401)
                    let known = try await daemon.call(method, Self.path, key: key.secret)
                    #expect(known.status == 405 && known["allow"] == "POST", "\(method)")
                }
                // A token that is meant for somebody else is none here.
                let foreign = try await daemon.pair(Self.identity(daemon), #""audience":["relayfile"]"#)
                expectError(try await daemon.send("POST", Self.path, [foreign.bearer]), 401, "invalid_token")
            }
        }

        @Test("is explained as one that needs an identity, whatever the scopes; no other is")
        func explained() async throws {
            try await withDaemon { daemon in
                for scopes in [["*"], ["relayfile:fs:read:*"]] {
                    let reply = try await daemon.admin("POST", "/v1/scopes/explain", body: #"{"scopes":\#(TestDaemon.list(scopes))}"#)
                    let needy = try #require(reply.json["routes"]?.elements).filter { $0["needsIdentity"] != nil }
                    #expect(needy.map { $0["path"]?.text } == [Self.path] && needy.first?["needsIdentity"]?.flag == true)
                    #expect(needy.first?["missing"] == nil && needy.first?["required"]?.texts == [])
                }
            }
        }

        @Test("refuses a form that is wrong before an organisation that is not the caller's")
        func forms() async throws {
            try await withDaemon { daemon in
                let bearer = try await daemon.bearer(of: Self.identity(daemon))
                func post(_ body: String, _ query: String = "") async throws -> Reply {
                    try await daemon.send("POST", Self.path + query, [bearer], body: body)
                }
                for body in ["{", "[]", "null", "1", #"{"name":"a",}"#, #"{"name":"a","name":"b"}"#] {
                    expectError(try await post(body), 400, "invalid_json", body)
                }
                for name in [#""""#, "7", "true", #""a\u202eb""#, #""a\u0000""#, "\"\(String(repeating: "n", count: 101))\""] {
                    expectField(try await post(#"{"name":\#(name)}"#, "?orgId=x"), "name", name)
                }
                expectField(try await post(#"{"expires_at":0,"orgId":"org_x"}"#), "expires_at")
                expectField(try await post(#"{"orgId":7}"#), "orgId")
                expectError(try await post(#"{"orgId":"org_00000000000000000000000000"}"#), 403, "org_mismatch")
                expectError(try await post("{}", "?orgId=\(try await daemon.neighbour.orgId)"), 403, "org_mismatch")
                let own = daemon.authority.firstOrganisation
                #expect(try await post(#"{"orgId":"\#(own)"}"#, "?orgId=\(own)").status == 201)
            }
        }
    }
}
