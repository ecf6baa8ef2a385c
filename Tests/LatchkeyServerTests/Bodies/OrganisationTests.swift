@testable import LatchkeyAuthority
import Testing

extension ServerTests {
    @Suite("Another organisation")
    struct OrganisationTests {
        @Test("has its own keys, identities and tokens, which nobody else finds, reads or ends")
        func apart() async throws {
            try await withDaemon { daemon in
                let other = try await daemon.neighbour.orgId
                let there = ("x-latchkey-org", other)
                let theirs = try TestDaemon.key(
                    await daemon.admin("POST", "/v1/api-keys", [there], body: #"{"name":"theirs","scopes":["*"]}"#))
                #expect(theirs.reply.json["apiKey"]?["orgId"]?.text == other)
                let ours = try await daemon.key("*", name: "ours")
                let made = try await daemon.call(
                    "POST", "/v1/identities", key: theirs.secret, body: #"{"name":"theirs","sponsorId":"ada","scopes":["*"]}"#)
                let identity = try #require(made.json["id"]?.text)
                #expect(made.json["orgId"]?.text == other && made.json["workspaceId"]?.text == other)
                let issued = try await daemon.call(
                    "POST", "/v1/tokens", key: theirs.secret, body: #"{"identityId":"\#(identity)","audience":["relayauth"]}"#)
                let pair = try TestDaemon.pair(issued)
                #expect(try pair.claim("org")?.text == other)

                for key in [("x-api-key", ours.secret), ("x-latchkey-org", daemon.authority.firstOrganisation)] {
                    func ask(_ method: String, _ target: String, body: String? = nil) async throws -> Reply {
                        try await daemon.send(method, target, [key], body: body, to: daemon.socket)
                    }
                    expectError(try await ask("GET", "/v1/api-keys/\(theirs.id)"), 404, "api_key_not_found")
                    expectError(try await ask("POST", "/v1/api-keys/\(theirs.id)/revoke"), 404, "api_key_not_found")
                    expectError(try await ask("GET", "/v1/identities/\(identity)"), 404, "identity_not_found")
                    expectError(try await ask("POST", "/v1/tokens", body: #"{"identityId":"\#(identity)"}"#), 404, "identity_not_found")
                    for target in [
                        #""identityId":"\#(identity)""#, #""tokenId":"\#(try pair.tokenId)""#, #""sessionId":"\#(try pair.sessionId)""#,
                    ] {
                        expectError(try await ask("POST", "/v1/tokens/revoke", body: "{\(target)}"), 404, "token_not_found", target)
                    }
                    #expect(try await ask("POST", "/v1/tokens/introspect", body: #"{"token":"\#(pair.access)"}"#).text == "null")
                    #expect(try await ask("GET", "/v1/identities").json["data"] == .array([]))
                    #expect(try await ask("GET", "/v1/identities?type=agent&status=active").json["data"] == .array([]))
                    #expect(try await ask("GET", "/v1/identities?workspaceId=\(other)").json["data"] == .array([]))
                    let keys = try #require(try await ask("GET", "/v1/api-keys").json["data"]?.elements)
                    #expect(keys.compactMap { $0["name"]?.text } == ["ours"])
                    expectError(try await ask("GET", "/v1/api-keys?orgId=\(other)"), 403, "org_mismatch")
                }

                // all of it is as it was
                #expect(
                    try await daemon.send("GET", "/v1/identities", [pair.bearer]).json["data"]?.elements?.count == Neighbour.identities + 1)
                #expect(try await daemon.call("GET", "/v1/api-keys/\(theirs.id)", key: theirs.secret).json["revoked"]?.flag == false)
                expectError(try await daemon.call("GET", "/v1/api-keys/\(ours.id)", key: theirs.secret), 404, "api_key_not_found")
                // a name is taken in one organisation only
                #expect(
                    try await daemon.call("POST", "/v1/identities", key: ours.secret, body: #"{"name":"agent","sponsorId":"ada"}"#).status
                        == 201)
                expectError(
                    try await daemon.call("POST", "/v1/identities", key: ours.secret, body: #"{"name":"agent","sponsorId":"bob"}"#), 409,
                    "identity_already_exists")
                #expect(try daemon.audit(.apiKeyCreated).map(\.orgId) == [daemon.authority.firstOrganisation])
                #expect(try daemon.audit(.apiKeyCreated, of: other).map(\.orgId) == [other, other, other])
            }
        }
    }
}
