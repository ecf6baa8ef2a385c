@testable import LatchkeyAuthority
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("Organisations of one install")
    struct OrganisationRouteTests {
        @Test("are listed and made on the socket alone")
        func socketOnly() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*").secret
                for method in ["GET", "POST", "HEAD", "DELETE"] where method != "HEAD" {
                    let body = method == "POST" ? #"{"name":"n"}"# : nil
                    expectError(try await daemon.call(method, "/v1/admin/orgs", key: key, body: body), 404, "not_found")
                    expectError(try await daemon.send(method, "/v1/admin/orgs", body: body), 404, "not_found")
                }
                #expect(try await daemon.admin("GET", "/v1/admin/orgs").json["data"]?.elements?.count == 2)
            }
        }

        @Test("are shown newest first, page by page")
        func list() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                clock.advance(seconds: 60)
                let made = try await daemon.admin("POST", "/v1/admin/orgs", body: #"{"name":"third"}"#)
                #expect(made.status == 201)
                let expected = [
                    try #require(made.json["orgId"]?.text), try await daemon.neighbour.orgId, daemon.authority.firstOrganisation,
                ]
                var seen: [JSON] = []
                var cursor: String?
                repeat {
                    let page = try await daemon.admin("GET", "/v1/admin/orgs?limit=1" + (cursor.map { "&cursor=\($0)" } ?? "")).json
                    let rows = try #require(page["data"]?.elements)
                    #expect(rows.count == 1)
                    seen += rows
                    cursor = page["cursor"]?.text
                    try #require(seen.count <= 3)
                } while cursor != nil
                #expect(seen.compactMap { $0["orgId"]?.text } == expected)
                #expect(seen[0] == made.json)
                #expect(seen[1]["name"]?.text == "neighbour")
                #expect(
                    made.json.names == ["orgId", "name", "maxTokenTTL", "defaultTokenTTL", "auditRetentionDays", "createdAt"])
                #expect(made.json["maxTokenTTL"]?.number == 86_400 && made.json["defaultTokenTTL"]?.number == 3600)
                #expect(made.json["auditRetentionDays"]?.number == 0)
            }
        }

        @Test("have names, each its own")
        func names() async throws {
            try await withDaemon { daemon in
                for body in [
                    #"{"name":"neighbour"}"#, #"{"name":""}"#, #"{"name":null}"#, #"{"name":7}"#, "{}",
                    #"{"name":"\#(String(repeating: "x", count: 101))"}"#, #"{"name":"a\u0007"}"#, #"{"name":"a\u200bb"}"#,
                ] {
                    expectField(try await daemon.admin("POST", "/v1/admin/orgs", body: body), "name", body)
                }
                expectField(try await daemon.admin("PATCH", "/v1/admin/org", body: #"{"name":"neighbour"}"#), "name")
                #expect(try await daemon.admin("GET", "/v1/admin/orgs").json["data"]?.elements?.count == 2)
                #expect(try await daemon.admin("PATCH", "/v1/admin/org", body: #"{"name":"mine"}"#).json["name"]?.text == "mine")
                #expect(try await daemon.admin("PATCH", "/v1/admin/org", body: #"{"name":"mine"}"#).status == 200)
            }
        }

        @Test("are meant by a header on the socket, which must name one, and by the credential elsewhere")
        func header() async throws {
            try await withDaemon { daemon in
                let neighbour = try await daemon.neighbour
                let key = try await daemon.key("relayauth:admin:read:*")
                #expect(try await daemon.admin("GET", "/v1/admin/org").json["orgId"]?.text == daemon.authority.firstOrganisation)
                #expect(try await daemon.admin("GET", "/v1/admin/org", [neighbour.header]).json["name"]?.text == "neighbour")
                for unknown in ["org_00000000000000000000000000", "neighbour", "", neighbour.orgId.lowercased()] {
                    expectError(try await daemon.admin("GET", "/v1/admin/org", [("x-latchkey-org", unknown)]), 404, "org_not_found")
                    expectError(try await daemon.admin("GET", "/v1/audit", [("x-latchkey-org", unknown)]), 404, "org_not_found")
                    expectError(try await daemon.admin("GET", "/v1/events", [("x-latchkey-org", unknown)]), 404, "org_not_found")
                }
                let own = JSON.string(daemon.authority.firstOrganisation)
                #expect(try await daemon.call("GET", "/v1/admin/org", key: key.secret, [neighbour.header]).json["orgId"] == own)
                #expect(
                    try await daemon.admin("GET", "/v1/admin/org", [neighbour.header, ("x-api-key", key.secret)]).json["orgId"] == own,
                    "the credential decides")
                expectError(
                    try await daemon.call("GET", "/v1/admin/org?orgId=\(neighbour.orgId)", key: key.secret), 403, "org_mismatch")
                expectError(
                    try await daemon.admin("PATCH", "/v1/admin/org", body: #"{"name":"n","orgId":"\#(neighbour.orgId)"}"#), 403,
                    "org_mismatch")
            }
        }

        @Test("may set their own rules within the install's, and nothing else")
        func limits() async throws {
            try await withDaemon([.maxAccessTokenTTL: "7200", .accessTokenTTL: "1800", .auditRetention: "30"]) { daemon in
                let before = try await daemon.admin("GET", "/v1/admin/org").json
                #expect(before["maxTokenTTL"]?.number == 7200 && before["defaultTokenTTL"]?.number == 1800)
                #expect(before["auditRetentionDays"]?.number == 30)
                let key = try await daemon.key("relayauth:admin:manage:*").secret
                func change(_ body: String) async throws -> Reply {
                    try await daemon.call("PATCH", "/v1/admin/org", key: key, body: body)
                }
                for name in ["maxTokenTTL", "defaultTokenTTL", "auditRetentionDays"] {
                    for value in ["0", "-1", "1.5", "7201", "1e9", #""60""#, "true"] {
                        expectField(try await change(#"{"\#(name)":\#(value)}"#), name, "\(name) \(value)")
                    }
                }
                expectField(try await change(#"{"auditRetentionDays":31}"#), "auditRetentionDays")
                expectField(try await change(#"{"maxTokenTTL":600,"defaultTokenTTL":601}"#), "defaultTokenTTL")
                for body in ["{}", #"{"name":null}"#, #"{"orgId":null}"#, #"{"createdAt":"2020-01-01T00:00:00Z"}"#] {
                    expectField(try await change(body), "name", body)
                }
                #expect(try await daemon.admin("GET", "/v1/admin/org").json == before)
                #expect(try daemon.audit(.organisationUpdated).isEmpty)
                let reply = try await change(#"{"maxTokenTTL":7200,"defaultTokenTTL":1,"auditRetentionDays":1,"orgId":null,"id":"x"}"#)
                #expect(reply.status == 200, "\(reply.text)")
                #expect(reply.json["defaultTokenTTL"]?.number == 1 && reply.json["auditRetentionDays"]?.number == 1)
                #expect(reply.json["orgId"] == before["orgId"] && reply.json["name"] == before["name"])
                let entry = try #require(try daemon.audit(.organisationUpdated).last)
                #expect(entry.metadata == ["maxTokenTTL": "7200", "defaultTokenTTL": "1", "auditRetentionDays": "1"])
            }
        }

        @Test("Reading and changing one are two rights")
        func rights() async throws {
            try await withDaemon { daemon in
                let reader = try await daemon.key("relayauth:admin:read:*").secret
                #expect(try await daemon.call("GET", "/v1/admin/org", key: reader).status == 200)
                expectError(
                    try await daemon.call("PATCH", "/v1/admin/org", key: reader, body: #"{"name":"n"}"#), 403, "insufficient_scope")
            }
        }

        @Test("Tokens live as their organisation says, and the neighbour's as before")
        func lives() async throws {
            try await withDaemon { daemon in
                let neighbour = try await daemon.neighbour
                let identity = try await daemon.identity("relayfile:fs:read:*")
                let early = try await daemon.pair(identity, #""expiresIn":7200"#)
                #expect(try Self.life(early) == 7200)
                let reply = try await daemon.admin("PATCH", "/v1/admin/org", body: #"{"maxTokenTTL":600,"defaultTokenTTL":300}"#)
                #expect(reply.status == 200)
                #expect(try Self.life(await daemon.pair(identity)) == 300)
                #expect(try Self.life(await daemon.pair(identity, #""expiresIn":599"#)) == 599)
                #expect(try Self.life(await daemon.pair(identity, #""expiresIn":86400"#)) == 600)
                #expect(try Self.life(TestDaemon.pair(await daemon.refresh(early.refresh))) == 7200, "a session goes on as it was issued")
                for (ttl, life) in [("", 300.0), (#","ttl":60"#, 60), (#","ttl":6000"#, 600)] {
                    let child = try await daemon.admin(
                        "POST", "/v1/identities/\(identity)/sub-agents", body: #"{"name":"c\#(ttl.utf8.count)"\#(ttl)}"#)
                    try #require(child.status == 201, "\(child.text)")
                    let pair = try #require(child.json["tokenPair"])
                    #expect(
                        try Self.life(
                            TestDaemon.Pair(
                                access: try #require(pair["accessToken"]?.text), refresh: try #require(pair["refreshToken"]?.text))) == life
                    )
                }
                let theirs = try TestDaemon.pair(
                    await daemon.admin("POST", "/v1/tokens", [neighbour.header], body: #"{"identityId":"\#(neighbour.identity)"}"#))
                #expect(try Self.life(theirs) == 3600)
            }
        }

        /// Seconds from a token's making to its end.
        private static func life(_ pair: TestDaemon.Pair) throws -> Double {
            let claims = try pair.claims
            return try #require(claims["exp"]?.number) - (try #require(claims["iat"]?.number))
        }
    }
}
