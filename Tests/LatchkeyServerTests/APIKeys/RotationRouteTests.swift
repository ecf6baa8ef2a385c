@testable import LatchkeyAuthority
@testable import LatchkeyServer
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("The rotation of an API key")
    struct RotationRouteTests {
        private static let manage = "relayauth:api-key:manage:*"

        private static func rotate(_ id: String, _ key: String, _ daemon: TestDaemon, _ body: String? = nil) async throws -> Reply {
            try await daemon.call("POST", "/v1/api-keys/\(id)/rotate", key: key, body: body)
        }

        @Test("answers as a mint: another secret for what the old key was, which is dead with the answer")
        func answer() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let caller = try await daemon.key(Self.manage, "relayfile:fs:*:/docs/*")
                let end = "2030-03-01T00:00:00.000Z"
                let old = try TestDaemon.key(
                    await daemon.admin(
                        "POST", "/v1/api-keys",
                        body: #"{"name":"sage","scopes":["relayauth:api-key:read:*","relayfile:fs:read:/docs/*"],"expiresAt":"\#(end)"}"#))
                clock.advance(seconds: 5)
                let reply = try await Self.rotate(old.id, caller.secret, daemon)
                let new = try TestDaemon.key(reply)
                #expect(reply.status == 201 && reply["cache-control"] == "no-store" && reply.json.names == ["apiKey", "key"])
                let (made, before) = (try #require(reply.json["apiKey"]), try #require(old.reply.json["apiKey"]))
                #expect(made.names == before.names)
                for name in ["orgId", "name", "kind", "scopes", "expiresAt", "revoked"] { #expect(made[name] == before[name], "\(name)") }
                #expect(new.id != old.id && new.secret != old.secret && made["prefix"]?.text == String(new.secret.prefix(11)))
                #expect(made["createdBy"]?.text == "api-key:\(caller.secret.prefix(11))" && made["rootId"]?.text == caller.id)
                #expect(made["createdAt"]?.text == "2030-01-01T00:00:05.000Z" && made["expiresAt"]?.text == end)
                #expect(try await !daemon.isLive(old.secret))
                #expect(try await daemon.call("GET", "/v1/api-keys", key: new.secret).status == 200)
                let shown = try await daemon.admin("GET", "/v1/api-keys/\(old.id)").json
                #expect(shown["revoked"]?.flag == true && shown["revokedAt"]?.text == "2030-01-01T00:00:05.000Z")
                let entry = try #require(try daemon.audit(.apiKeyRotated).last)
                #expect(entry.metadata["apiKeyId"] == new.id && entry.metadata["replaces"] == old.id)
                #expect(entry.actor == "api-key:\(caller.secret.prefix(11))")
            }
        }

        @Test("leaves the old key alive until the overlap is over, and not a millisecond longer")
        func overlap() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let old = try await daemon.key("relayfile:fs:read:*")
                let new = try TestDaemon.key(await daemon.admin("POST", "/v1/api-keys/\(old.id)/rotate", body: #"{"overlapSeconds":60}"#))
                let shown = try await daemon.admin("GET", "/v1/api-keys/\(old.id)").json
                #expect(shown["revoked"]?.flag == false && shown["expiresAt"]?.text == "2030-01-01T00:01:00.000Z")
                clock.advance(seconds: 59)
                #expect(try await daemon.isLive(old.secret))
                clock.advance(seconds: 1)
                #expect(try await !daemon.isLive(old.secret))
                #expect(try await daemon.isLive(new.secret))
            }
        }

        @Test("takes an overlap of whole seconds, a week at most", arguments: ["0", "1", "604800", "60.0", "1e3", "null"])
        func overlaps(_ text: String) async throws {
            try await withDaemon { daemon in
                let old = try await daemon.key("relayfile:fs:read:*")
                let reply = try await daemon.admin("POST", "/v1/api-keys/\(old.id)/rotate", body: #"{"overlapSeconds":\#(text)}"#)
                #expect(reply.status == 201, "\(reply.text)")
                #expect(try await daemon.isLive(old.secret) == !["0", "null"].contains(text))
            }
        }

        @Test("is refused in the order of the contract, and a refusal leaves the old key as it was")
        func order() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let caller = try await daemon.key(Self.manage)
                let weak = try await daemon.key("relayauth:api-key:read:*")
                let wide = try await daemon.key("relayfile:fs:read:*")
                let identity = try await daemon.identity(Self.manage)
                let own = try await daemon.ownKey(daemon.bearer(of: identity))
                let gone = try await daemon.key("relayauth:api-key:read:*")
                let wideAndGone = try await daemon.key("relayfile:fs:read:*")
                for key in [gone, wideAndGone] { _ = try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke") }
                let ended = try TestDaemon.key(
                    await daemon.admin(
                        "POST", "/v1/api-keys",
                        body: #"{"name":"e","scopes":["relayauth:api-key:read:*"],"expiresAt":"\#(clock.now().adding(seconds: 60))"}"#))
                clock.advance(seconds: 60)
                let nobody = "ak_00000000000000000000000000"
                let wrong = #"{"overlapSeconds":-1,"orgId":"org_x"}"#
                let foreign = #"{"orgId":"org_00000000000000000000000000"}"#

                expectError(try await daemon.send("POST", "/v1/api-keys/\(wide.id)/rotate", body: "{"), 401, "missing_authorization")
                let unable = try await Self.rotate(nobody, weak.secret, daemon, "{")
                expectError(unable, 403, "insufficient_scope")
                #expect(unable.json["required"]?.text == Self.manage)
                expectField(try await Self.rotate(nobody, caller.secret, daemon, wrong), "overlapSeconds")
                expectField(try await Self.rotate("", caller.secret, daemon), "id")
                expectError(try await Self.rotate(nobody, caller.secret, daemon, foreign), 403, "org_mismatch")
                expectError(try await Self.rotate(nobody, caller.secret, daemon), 404, "api_key_not_found")
                let neighbour = try await daemon.neighbour
                expectError(try await Self.rotate(neighbour.key.id, caller.secret, daemon), 404, "api_key_not_found")
                let refused = try await Self.rotate(wide.id, caller.secret, daemon)
                expectError(refused, 403, "scope_escalation")
                #expect(refused.json["scope"]?.text == "relayfile:fs:read:*")
                expectError(try await Self.rotate(wideAndGone.id, caller.secret, daemon), 403, "scope_escalation")
                expectError(try await Self.rotate(own.id, caller.secret, daemon), 403, "not_key_owner")
                expectError(try await daemon.admin("POST", "/v1/api-keys/\(own.id)/rotate"), 403, "not_key_owner")
                expectError(try await Self.rotate(gone.id, caller.secret, daemon), 409, "api_key_not_active")
                expectError(try await Self.rotate(ended.id, caller.secret, daemon), 409, "api_key_not_active")
                for key in [wide, own, caller] { #expect(try await daemon.isLive(key.secret)) }
                #expect(try daemon.audit(.apiKeyRotated).isEmpty)
            }
        }

        @Test("of a key that came after another is refused as not active before it is counted as too many")
        func limit() async throws {
            try await withDaemon([.mintsPerHour: "1"]) { daemon in
                let caller = try await daemon.key(Self.manage)
                let other = try await daemon.key(Self.manage)
                let new = try TestDaemon.key(await Self.rotate(other.id, caller.secret, daemon))
                expectError(try await Self.rotate(other.id, caller.secret, daemon), 409, "api_key_not_active")
                expectError(try await Self.rotate(new.id, caller.secret, daemon), 429, "rate_limited")
                #expect(try await daemon.isLive(new.secret))
            }
        }

        @Test("of a self-service key is its identity's, by a token or by the key itself, and gives another such key")
        func selfService() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity(Self.manage)
                let bearer = try await daemon.bearer(of: identity)
                let first = try await daemon.ownKey(bearer, #"{"name":"laptop"}"#)
                let second = try TestDaemon.key(await daemon.send("POST", "/v1/api-keys/\(first.id)/rotate", [bearer]))
                let third = try TestDaemon.key(await Self.rotate(second.id, second.secret, daemon))
                for key in [first, second] { #expect(try await !daemon.isLive(key.secret)) }
                let shown = try #require(third.reply.json["apiKey"])
                #expect(shown["kind"]?.text == "self_service" && shown["name"]?.text == "laptop")
                _ = try await daemon.admin("POST", "/v1/identities/\(identity)/suspend", body: #"{"reason":"r"}"#)
                #expect(try await !daemon.isLive(third.secret))
            }
        }
    }
}
