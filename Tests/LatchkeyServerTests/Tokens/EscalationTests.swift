@testable import LatchkeyAuthority
import Testing

extension ServerTests {
    @Suite("Nobody gets more than they hold")
    struct EscalationTests {
        @Test("A key that may manage identities and create tokens makes no identity that holds more than it")
        func widerIdentity() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayauth:identity:manage:*", "relayauth:token:create:*").secret
                for scope in [
                    "*:*:*:*", "*", "relayauth:*:*:*", "relayauth:api-key:manage:*", "relayauth:token:manage:*", "relayfile:fs:read:/a",
                ] {
                    let body = #"{"name":"wide","sponsorId":"ada","scopes":["relayauth:token:create:*","\#(scope)"]}"#
                    let reply = try await daemon.call("POST", "/v1/identities", key: key, body: body)
                    expectError(reply, 403, "scope_escalation", scope)
                    #expect(reply.json["scope"]?.text?.isEmpty == false)
                }
                #expect(try await daemon.admin("GET", "/v1/identities").json["data"] == .array([]))
                let narrow = #"{"name":"narrow","sponsorId":"ada","scopes":["relayauth:token:create:*"]}"#
                #expect(try await daemon.call("POST", "/v1/identities", key: key, body: narrow).status == 201)
            }
        }

        @Test("A key takes no token of an identity that holds more than it, but for what both hold")
        func widerToken() async throws {
            try await withDaemon { daemon in
                let rich = try await daemon.identity(
                    "relayauth:api-key:manage:*", "relayfile:fs:read:/docs/a", "relayfile:fs:read:*", name: "rich")
                let apart = try await daemon.identity("relaycast:x:read:*", name: "apart")
                let empty = try await daemon.identity(name: "empty")
                let key = try await daemon.key("relayauth:identity:manage:*", "relayauth:token:create:*", "relayfile:fs:read:/docs/*")
                    .secret
                func issue(_ identity: String, _ more: String = "") async throws -> Reply {
                    try await daemon.call("POST", "/v1/tokens", key: key, body: #"{"identityId":"\#(identity)"\#(more)}"#)
                }
                for scope in ["relayauth:api-key:manage:*", "relayfile:fs:read:*", "relayfile:fs:read:/other"] {
                    let reply = try await issue(rich, #","scopes":["\#(scope)"]"#)
                    expectError(reply, 403, "scope_escalation", scope)
                    #expect(reply.json["required"]?.text?.isEmpty == false && reply.json["actual"]?.texts?.count == 3)
                }
                let beyond = try await issue(rich, #","scopes":["*:*:*:*"]"#)
                expectError(beyond, 403, "insufficient_scope")
                for more in ["", #","scopes":[]"#] {
                    #expect(try TestDaemon.pair(await issue(rich, more)).claim("scopes")?.texts == ["relayfile:fs:read:/docs/a"])
                    expectError(try await issue(apart, more), 403, "scope_escalation")
                    #expect(try TestDaemon.pair(await issue(empty, more)).claim("scopes")?.texts == [])
                }
            }
        }

        @Test("A key mints no key that holds more than it, by no order of words")
        func widerKey() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayauth:api-key:manage:*", "relayfile:fs:manage:/docs/*").secret
                func mint(_ scopes: String...) async throws -> Reply {
                    try await daemon.call("POST", "/v1/api-keys", key: key, body: #"{"name":"k","scopes":\#(TestDaemon.list(scopes))}"#)
                }
                for scope in [
                    "*", "*:*:*:*", "relayauth:*:manage:*", "relayauth:api-key:*:*", "relayauth:api-key:send:*", "relayfile:fs:read:*",
                    "relayfile:fs:read:/doc",
                ] {
                    expectError(try await mint("relayauth:api-key:read:*", scope), 403, "scope_escalation", scope)
                }
                let child = try TestDaemon.key(await mint("relayauth:api-key:read:*", "relayfile:fs:delete:/docs/a"))
                #expect(try await daemon.call("GET", "/v1/api-keys", key: child.secret).status == 200)
                expectError(try await daemon.call("POST", "/v1/api-keys", key: child.secret, body: "{}"), 403, "insufficient_scope")
                #expect(try daemon.audit(.apiKeyCreated).count == 2)
            }
        }

        @Test("A token makes nothing that holds more than it, whatever its identity holds")
        func tokenMints() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("relayauth:*:*:*", "relayfile:*:*:*")
                let pair = try await daemon.pair(
                    identity, #""scopes":["relayauth:api-key:manage:*","relayauth:identity:manage:*","relayauth:token:create:*"]"#)
                let scopes = #""scopes":["relayfile:fs:read:*"]"#
                expectError(
                    try await daemon.send("POST", "/v1/api-keys", [pair.bearer], body: #"{"name":"k",\#(scopes)}"#), 403, "scope_escalation"
                )
                expectError(
                    try await daemon.send("POST", "/v1/identities", [pair.bearer], body: #"{"name":"k","sponsorId":"a",\#(scopes)}"#), 403,
                    "scope_escalation")
                expectError(
                    try await daemon.send("POST", "/v1/tokens", [pair.bearer], body: #"{"identityId":"\#(identity)",\#(scopes)}"#), 403,
                    "scope_escalation")
                let made = try await daemon.send(
                    "POST", "/v1/identities", [pair.bearer], body: #"{"name":"child","sponsorId":"somebody else"}"#)
                let child = try #require(made.json["id"]?.text)
                #expect(made.json["sponsorChain"]?.texts == ["ada", identity, child])
            }
        }

        @Test("A refresh gives what the issue gave, whatever its body asks for")
        func refreshWidens() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let identity = try await daemon.identity("relayauth:*:*:*", "relayfile:fs:read:*")
                let other = try await daemon.identity("*", name: "other")
                let issued = try await daemon.pair(
                    identity, #""scopes":["relayauth:token:read:*"],"audience":["relayauth","a"],"expiresIn":100"#)
                clock.advance(seconds: 50)
                let reply = try await daemon.refresh(
                    issued.refresh,
                    #","scopes":["*:*:*:*"],"scope":"*","audience":["b"],"expiresIn":86400,"identityId":"\#(other)","orgId":"org_x","sub":"\#(other)""#
                )
                let renewed = try TestDaemon.pair(reply)
                let (before, after) = (try issued.claims, try renewed.claims)
                for name in ["sub", "org", "wks", "scopes", "aud", "iss", "sid", "sponsorId", "sponsorChain", "token_type"] {
                    #expect(after[name] == before[name], "\(name)")
                }
                #expect(after["jti"] != before["jti"])
                #expect(try #require(after["exp"]?.number) - #require(after["iat"]?.number) == 100)
                #expect(reply.json["accessTokenExpiresAt"]?.text == "2030-01-01T00:02:30.000Z")
                #expect(reply.json["refreshTokenExpiresAt"]?.text == "2030-01-02T00:00:50.000Z")
                #expect(reply.json["tokenType"]?.text == "Bearer" && reply.json.names.count == 5)
                #expect(reply["cache-control"] == "no-store")
            }
        }

        @Test("A refresh is cut to what the identity still holds, and ends when that is nothing")
        func refreshIsCut() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("relayauth:token:read:*", "relayfile:fs:read:/a")
                let first = try await daemon.pair(identity)
                try await daemon.setScopes(["relayfile:fs:read:*", "relaycast:x:read:*"], of: identity)
                let second = try TestDaemon.pair(await daemon.refresh(first.refresh))
                #expect(try second.claim("scopes")?.texts == ["relayfile:fs:read:/a"])
                try await daemon.setScopes(["relaycast:x:read:*"], of: identity)
                expectError(try await daemon.refresh(second.refresh), 401, "invalid_refresh_token")
            }
        }

        @Test(
            "A suspended identity gets no token and no refresh, and its live tokens write nothing",
            arguments: [IdentityRecord.Status.suspended, .retired])
        func suspended(_ status: IdentityRecord.Status) async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("*")
                let pair = try await daemon.pair(identity, #""audience":["relayauth"]"#)
                let mint = #"{"name":"k","scopes":["relayfile:fs:read:*"]}"#
                #expect(try await daemon.send("POST", "/v1/api-keys", [pair.bearer], body: mint).status == 201)
                try await daemon.setStatus(status, of: identity)
                let refused = try await daemon.admin("POST", "/v1/tokens", body: #"{"identityId":"\#(identity)"}"#)
                expectError(refused, 403, "identity_\(status.rawValue)")
                #expect(refused.json["identityId"]?.text == identity)
                expectError(try await daemon.refresh(pair.refresh), 401, "invalid_refresh_token")
                expectError(try await daemon.send("POST", "/v1/api-keys", [pair.bearer], body: mint), 401, "token_revoked")
                expectError(try await daemon.send("GET", "/v1/identities", [pair.bearer]), 401, "token_revoked")
                #expect(try await daemon.send("GET", "/v1/revocations?jti=\(try pair.tokenId)").json["revoked"]?.flag == true)
                #expect(try await daemon.admin("POST", "/v1/tokens/introspect", body: #"{"token":"\#(pair.access)"}"#).text == "null")
                try await daemon.setStatus(.active, of: identity)
                expectError(try await daemon.send("GET", "/v1/identities", [pair.bearer]), 401, "token_revoked")
                expectError(try await daemon.refresh(pair.refresh), 401, "invalid_refresh_token")
            }
        }

        @Test("A revoked key does nothing more")
        func revokedKey() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                let first = try await daemon.call("POST", "/v1/api-keys/\(key.id)/revoke", key: key.secret, body: #"{"reason":"lost"}"#)
                #expect(first.json["revoked"]?.flag == true)
                expectError(try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: "{}"), 401, "invalid_api_key")
                let again = try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke")
                #expect(again.status == 200 && again.json["revokedAt"] == first.json["revokedAt"])
                #expect(try daemon.audit(.apiKeyRevoked).count == 1)
            }
        }
    }
}
