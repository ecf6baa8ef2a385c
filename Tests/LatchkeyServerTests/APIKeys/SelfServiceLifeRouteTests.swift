@testable import LatchkeyAuthority
import Testing

extension ServerTests {
    @Suite("A self-service key")
    struct SelfServiceLifeRouteTests {
        private static let read = "relayauth:api-key:read:*"
        private static let manage = "relayauth:api-key:manage:*"

        /// An identity and a key of its own. The clock stands still in all of these tests: what changes, changes in the same instant.
        private static func made(_ daemon: TestDaemon, _ scopes: String...) async throws -> (identity: String, key: TestDaemon.Key) {
            let body = #"{"name":"sage","sponsorId":"ada","scopes":\#(TestDaemon.list(scopes))}"#
            let identity = try #require(try await daemon.admin("POST", "/v1/identities", body: body).json["id"]?.text)
            return (identity, try await daemon.ownKey(daemon.bearer(of: identity)))
        }

        private static func change(_ identity: String, _ scopes: [String], _ daemon: TestDaemon) async throws {
            let reply = try await daemon.admin("PATCH", "/v1/identities/\(identity)", body: #"{"scopes":\#(TestDaemon.list(scopes))}"#)
            try #require(reply.status == 200, "\(reply.text)")
        }

        private static func act(_ act: String, _ identity: String, _ daemon: TestDaemon) async throws {
            let reply = try await daemon.admin("POST", "/v1/identities/\(identity)/\(act)", body: #"{"reason":"r"}"#)
            try #require(reply.status == 200, "\(reply.text)")
        }

        private static func list(_ key: TestDaemon.Key, _ daemon: TestDaemon) async throws -> Reply {
            try await daemon.call("GET", "/v1/api-keys", key: key.secret)
        }

        @Test(
            "is dead at its next use once its identity is suspended, with the answer of a key that nobody knows, and alive once it is active"
        )
        func suspended() async throws {
            try await withDaemon { daemon in
                let (identity, key) = try await Self.made(daemon, Self.read)
                let unknown = try SecretForms.unknownKey()
                #expect(try await Self.list(key, daemon).status == 200)
                try await Self.act("suspend", identity, daemon)
                var bodies: Set<String> = []
                for secret in [key.secret, unknown] {
                    let reply = try await daemon.call("GET", "/v1/api-keys", key: secret, [("x-request-id", "same")])
                    expectError(reply, 401, "invalid_api_key")
                    bodies.insert(reply.text)
                }
                #expect(bodies.count == 1)
                expectError(try await daemon.call("POST", "/api/v1/keys", key: key.secret), 401, "invalid_api_key")
                try await Self.act("reactivate", identity, daemon)
                #expect(try await Self.list(key, daemon).status == 200)
            }
        }

        @Test("of a sub-agent is dead once its parent is suspended")
        func parent() async throws {
            try await withDaemon { daemon in
                let family = try await Family.make(in: daemon)
                let key = try await daemon.ownKey(family.third.pair.bearer)
                #expect(try await daemon.isLive(key.secret))
                try await Self.act("suspend", family.first.id, daemon)
                #expect(try await !daemon.isLive(key.secret))
            }
        }

        @Test("may do at its next use what its identity may do then, and never more than at its mint")
        func narrowed() async throws {
            try await withDaemon { daemon in
                let (identity, key) = try await Self.made(daemon, Self.read, "relayfile:fs:read:*")
                func allowed(_ scope: String) async throws -> Bool {
                    let reply = try await daemon.send("POST", "/v1/authorize", [key.header], body: #"{"scope":"\#(scope)"}"#)
                    if reply.status != 200 { expectError(reply, 403, "insufficient_scope") }
                    return reply.status == 200
                }
                #expect(try await Self.list(key, daemon).status == 200)
                #expect(try await allowed("relayfile:fs:read:/a"))
                try await Self.change(identity, ["relayfile:fs:read:*"], daemon)
                let refused = try await Self.list(key, daemon)
                expectError(refused, 403, "insufficient_scope")
                #expect(refused.json["required"]?.text == Self.read)
                #expect(refused.json["actual"]?.texts == ["relayfile:fs:read:*"])
                let shown = try await daemon.send("GET", "/v1/authorize?scope=relayfile:fs:read:/a", [key.header])
                #expect(shown["x-latchkey-scopes"] == "relayfile:fs:read:*")
                try await Self.change(identity, ["relayfile:fs:read:/docs/*"], daemon)
                #expect(try await !allowed("relayfile:fs:read:/a"))
                #expect(try await allowed("relayfile:fs:read:/docs/a"))
                try await Self.change(identity, ["*"], daemon)
                #expect(try await Self.list(key, daemon).status == 200)
                #expect(try await allowed("relayfile:fs:read:/a"))
                #expect(try await !allowed("relayfile:fs:write:/a"))
                expectError(try await daemon.call("GET", "/v1/identities", key: key.secret), 403, "insufficient_scope")
                expectError(try await daemon.call("GET", "/org/tokens", key: key.secret), 403, "insufficient_scope")
            }
        }

        @Test("hands out no more than its identity holds now")
        func handing() async throws {
            try await withDaemon { daemon in
                let (identity, key) = try await Self.made(daemon, Self.manage, "relayfile:fs:read:*")
                let body = #"{"name":"k","scopes":["relayfile:fs:read:*"]}"#
                #expect(try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: body).status == 201)
                try await Self.change(identity, [Self.manage], daemon)
                let refused = try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: body)
                expectError(refused, 403, "scope_escalation")
                #expect(refused.json["scope"]?.text == "relayfile:fs:read:*")
            }
        }

        @Test("holds what its caller's token held, not what the identity holds")
        func narrowToken() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity(Self.manage, "relayfile:fs:read:*")
                let token = try await daemon.pair(identity, #""scopes":["relayfile:fs:read:*"],"audience":["relayauth"]"#)
                let narrow = try await daemon.ownKey(token.bearer, #"{"scopes":["*"]}"#)
                let wide = try await daemon.ownKey(daemon.bearer(of: identity))
                expectError(try await Self.list(narrow, daemon), 403, "insufficient_scope")
                #expect(try await Self.list(wide, daemon).status == 200)
                // nor does it get the secret of the wider key of the same identity
                let target = "/v1/api-keys/\(wide.id)/rotate"
                expectError(try await daemon.call("POST", target, key: narrow.secret), 403, "insufficient_scope")
                let managing = try await daemon.pair(identity, #""scopes":["\#(Self.manage)"],"audience":["relayauth"]"#)
                expectError(try await daemon.send("POST", target, [managing.bearer]), 403, "scope_escalation")
                #expect(try await daemon.isLive(wide.secret))
            }
        }

        @Test("dies for good with its identity", arguments: ["retire", "delete"])
        func gone(_ fate: String) async throws {
            try await withDaemon { daemon in
                let (identity, key) = try await Self.made(daemon, Self.read)
                if fate == "delete" {
                    #expect(try await daemon.admin("DELETE", "/v1/identities/\(identity)", [("x-confirm-delete", "true")]).status == 204)
                } else {
                    try await Self.act(fate, identity, daemon)
                }
                #expect(try await !daemon.isLive(key.secret))
                #expect(try await daemon.admin("GET", "/v1/api-keys/\(key.id)").json["revoked"]?.flag == true)
            }
        }
    }
}
