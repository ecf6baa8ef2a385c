import Testing

extension ServerTests {
    @Suite("What a request says of owners and organisations")
    struct OwnershipTests {
        @Test("Members that are not the caller's to say change nothing of an API key")
        func apiKeyMembers() async throws {
            try await withDaemon { daemon in
                let caller = try await daemon.key("relayauth:api-key:manage:*")
                let wish = try SecretForms.unknownKey()
                let id = "ak_00000000000000000000000000"
                let reply = try await daemon.call(
                    "POST", "/v1/api-keys", key: caller.secret,
                    body: """
                        {"name":"x","scopes":["relayauth:api-key:read:*"],"id":"\(id)","key":"\(wish)","hash":"00","prefix":"lk_mine0000","userId":"root",
                        "user_id":"root","createdBy":"admin-socket:uid=0","revoked":true,"revokedAt":"2020-01-01T00:00:00Z","kind":"org_token","rootId":"ak_other",
                        "createdAt":"2020-01-01T00:00:00Z","nobody":"knows this"}
                        """)
                let key = try TestDaemon.key(reply)
                let made = try #require(reply.json["apiKey"])
                #expect(key.id != id && key.secret != wish)
                #expect(made["prefix"]?.text == String(key.secret.prefix(11)))
                #expect(made["createdBy"]?.text == "api-key:\(caller.secret.prefix(11))")
                #expect(made["kind"]?.text == "service")
                #expect(made["rootId"]?.text == caller.id)
                #expect(made["revoked"]?.flag == false && made["revokedAt"] == nil)
                #expect(made["createdAt"]?.text == "2030-01-01T00:00:00.000Z")
                let names = made.names
                #expect(names == ["id", "orgId", "prefix", "name", "kind", "scopes", "createdAt", "createdBy", "rootId", "revoked"])
                #expect(try await daemon.call("GET", "/v1/api-keys", key: key.secret).status == 200)
                expectError(try await daemon.call("GET", "/v1/api-keys", key: wish), 401, "invalid_api_key")
                expectError(try await daemon.call("GET", "/v1/api-keys/\(id)", key: key.secret), 404, "api_key_not_found")
                // never shown again
                let shown = try await daemon.call("GET", "/v1/api-keys/\(key.id)", key: key.secret)
                #expect(shown.json["key"] == nil && !shown.text.contains(key.secret))
            }
        }

        @Test("Members that are not the caller's to say change nothing of an identity")
        func identityMembers() async throws {
            try await withDaemon { daemon in
                let reply = try await daemon.admin(
                    "POST", "/v1/identities",
                    body: """
                        {"name":"x","sponsorId":"ada","id":"agent_00000000000000000000000000","status":"retired","createdBy":"me","sponsorChain":["root"],
                        "createdAt":"2020-01-01T00:00:00Z","parentId":"agent_1","rootId":"ak_1","userId":"u","user_id":"u"}
                        """)
                let made = reply.json
                let id = try #require(made["id"]?.text)
                #expect(id != "agent_00000000000000000000000000" && id.hasPrefix("agent_"))
                #expect(made["status"]?.text == "active")
                #expect(made["sponsorChain"]?.texts == ["ada", id])
                #expect(made["type"]?.text == "agent" && made["workspaceId"] == made["orgId"])
                #expect(
                    made.names == [
                        "id", "name", "type", "orgId", "workspaceId", "status", "scopes", "roles", "metadata", "sponsorId", "sponsorChain",
                        "createdAt", "updatedAt",
                    ])
            }
        }

        @Test("Another organisation in a body or a query is refused on every route that takes one, the caller's own is passed over")
        func otherOrganisation() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("relayfile:fs:read:*")
                let pair = try await daemon.pair(identity)
                let key = try await daemon.key("*")
                let own = try #require(key.reply.json["apiKey"]?["orgId"]?.text)
                let other = "org_00000000000000000000000000"
                let bodies = [
                    "/v1/api-keys": #""name":"k","scopes":["relayfile:fs:read:*"]"#, "/v1/identities": #""name":"i","sponsorId":"a""#,
                    "/v1/tokens": #""identityId":"\#(identity)""#, "/v1/tokens/introspect": #""token":"x""#,
                    "/v1/api-keys/\(key.id)/rotate": #""overlapSeconds":60"#, "/org/tokens": #""name":"t""#,
                    "/v1/api-keys/\(key.id)/revoke": #""reason":"r""#, "/v1/tokens/revoke": #""tokenId":"\#(try pair.tokenId)""#,
                ]
                // what revokes comes last
                for (path, members) in bodies.sorted(by: { !$0.key.contains("revoke") && $1.key.contains("revoke") }) {
                    expectError(
                        try await daemon.call("POST", path, key: key.secret, body: #"{\#(members),"orgId":"\#(other)"}"#), 403,
                        "org_mismatch", path)
                    expectError(
                        try await daemon.call("POST", path + "?orgId=\(other)", key: key.secret, body: "{\(members)}"), 403, "org_mismatch",
                        path)
                    expectError(
                        try await daemon.call("POST", path + "?orgId=\(own)", key: key.secret, body: #"{\#(members),"orgId":"\#(other)"}"#),
                        403, "org_mismatch", path)
                    expectError(
                        try await daemon.call("POST", path + "?orgId=\(other)", key: key.secret, body: #"{\#(members),"orgId":"\#(own)"}"#),
                        403, "org_mismatch", path)
                }
                for target in [
                    "/v1/api-keys", "/v1/identities", "/v1/identities/\(identity)", "/v1/api-keys/\(key.id)",
                    "/v1/tokens/introspect?token=x", "/org/tokens",
                ] {
                    let sign = target.contains("?") ? "&" : "?"
                    expectError(
                        try await daemon.call("GET", target + "\(sign)orgId=\(other)", key: key.secret), 403, "org_mismatch", target)
                    #expect(try await daemon.call("GET", target + "\(sign)orgId=\(own)", key: key.secret).status == 200, "\(target)")
                }
                for (path, members) in bodies.sorted(by: { !$0.key.contains("revoke") && $1.key.contains("revoke") }) {
                    let reply = try await daemon.admin("POST", path + "?orgId=\(own)", body: #"{\#(members),"orgId":"\#(own)"}"#)
                    #expect((200..<300).contains(reply.status), "\(path) \(reply.text)")
                }
            }
        }

        @Test("A request's form is judged before its organisation, that before what it names, and that before what it asks")
        func order() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayauth:*:manage:*", "relayauth:token:create:*").secret
                let identity = try await daemon.identity("relayfile:fs:read:*")
                func issue(_ members: String) async throws -> Reply {
                    try await daemon.call("POST", "/v1/tokens", key: key, body: "{\(members)}")
                }
                let nobody = #""identityId":"agent_00000000000000000000000000""#
                let somebody = #""identityId":"\#(identity)""#
                let foreign = #""orgId":"org_x""#
                let wide = #""scopes":["relaycast:x:read:*"]"#
                expectField(try await issue(#"\#(nobody),\#(foreign),\#(wide),"expiresIn":0"#), "expiresIn")
                expectError(try await issue(#"\#(nobody),\#(foreign),"scopes":["nonsense"]"#), 400, "invalid_scope")
                expectError(try await issue("\(nobody),\(foreign),\(wide)"), 403, "org_mismatch")
                expectError(try await issue("\(nobody),\(wide)"), 404, "identity_not_found")
                expectError(try await issue("\(somebody),\(wide)"), 403, "insufficient_scope")
                expectError(try await issue(#"\#(somebody),"scopes":["relayfile:fs:read:*"]"#), 403, "scope_escalation")

                func mint(_ members: String) async throws -> Reply {
                    try await daemon.call("POST", "/v1/api-keys", key: key, body: "{\(members)}")
                }
                expectField(try await mint(#""name":"","scopes":["relaycast:x:read:*"],\#(foreign)"#), "name")
                expectError(try await mint(#""name":"x","scopes":["relaycast:x:read:*"],\#(foreign)"#), 403, "org_mismatch")
                expectError(try await mint(#""name":"x","scopes":["relaycast:x:read:*"]"#), 403, "scope_escalation")

                let unknown = "/v1/api-keys/ak_00000000000000000000000000"
                expectField(try await daemon.call("POST", "\(unknown)/revoke?orgId=x", key: key, body: #"{"reason":"\u0007"}"#), "reason")
                expectError(try await daemon.call("POST", "\(unknown)/revoke?orgId=x", key: key, body: "{}"), 403, "org_mismatch")
                expectError(try await daemon.call("POST", "\(unknown)/revoke", key: key, body: "{}"), 404, "api_key_not_found")
                expectField(try await daemon.call("GET", "/v1/api-keys?limit=x&orgId=x", key: key), "limit")
                expectField(try await daemon.call("GET", "/v1/identities?status=x&orgId=x", key: key), "status")
                expectField(try await daemon.call("GET", "/v1/tokens/introspect?orgId=x", key: key), "token")
                expectField(try await daemon.call("GET", "/v1/api-keys/", key: key), "id")
            }
        }

        @Test("Lists page newest first, by a cursor that only they make and a limit that is clamped")
        func pages() async throws {
            try await withDaemon { daemon in
                var keys: [String] = []
                for number in 0..<5 { keys.append(try await daemon.key("relayfile:fs:read:*", name: "k\(number)").id) }
                for number in 0..<5 { _ = try await daemon.identity(name: "i\(number)") }
                for (path, isKeys) in [("/v1/api-keys", true), ("/v1/identities", false)] {
                    var seen: [String] = []
                    var cursor: String?
                    repeat {
                        let page = try await daemon.admin("GET", path + "?limit=2" + (cursor.map { "&cursor=\($0)" } ?? "")).json
                        let found = try #require(page["data"]?.elements).compactMap { $0["id"]?.text }
                        #expect(found.count == (seen.count == 4 ? 1 : 2))
                        seen += found
                        cursor = isKeys ? page["pagination"]?["cursor"]?.text : page["cursor"]?.text
                        if isKeys {
                            #expect(page["pagination"]?["hasMore"]?.flag == (cursor != nil))
                            #expect(page["pagination"]?["limit"]?.number == 2)
                            #expect(page["pagination"]?["cursor"] == cursor.map { .string($0) } ?? .null)
                        } else {
                            #expect(page.names == (cursor == nil ? ["data"] : ["data", "cursor"]))
                        }
                    } while cursor != nil
                    #expect(seen == seen.sorted(by: >) && seen.count == 5)
                    if isKeys { #expect(seen == keys.reversed()) }
                    for limit in ["x", "", "1.5", "nan", "inf", "%ff", "%"] {
                        expectField(try await daemon.admin("GET", "\(path)?limit=\(limit)"), "limit", limit)
                    }
                    for bad in ["x", "", "AAAA", "%00", "YWtfMQ", "%zz"] {
                        expectField(try await daemon.admin("GET", "\(path)?cursor=\(bad)"), "cursor", bad)
                    }
                    #expect(try await daemon.admin("GET", "\(path)?limit=0").json["data"]?.elements?.count == 1)
                    #expect(try await daemon.admin("GET", "\(path)?limit=-7").json["data"]?.elements?.count == 1)
                    #expect(try await daemon.admin("GET", "\(path)?limit=1e9").json["data"]?.elements?.count == 5)
                }
                #expect(try await daemon.admin("GET", "/v1/api-keys?limit=1000").json["pagination"]?["limit"]?.number == 100)
                #expect(try await daemon.admin("GET", "/v1/api-keys").json["pagination"]?["limit"]?.number == 50)
                // one list's cursor is none of another's
                let foreign = try #require(try await daemon.admin("GET", "/v1/identities?limit=1").json["cursor"]?.text)
                expectField(try await daemon.admin("GET", "/v1/api-keys?cursor=\(foreign)"), "cursor")
            }
        }
    }
}
