import Testing

/// The second organisation that every daemon has from the start. What it holds has the names that tests give to their own things by
/// default, so that a list, a filter or a look-up that forgets whose things it means finds too much.
struct Neighbour: Sendable {
    let orgId: String
    let key: TestDaemon.Key
    /// A key that may do nothing here; it was refused once.
    let weak: TestDaemon.Key
    /// An active identity that holds everything, with a live token.
    let identity: String
    let tokenId: String
    /// A sub-agent of the identity.
    let child: String
    let suspended: String

    /// How many API keys and identities there are.
    static let keys = 2
    static let identities = 4

    /// What names the organisation on the admin socket.
    var header: (String, String) { ("x-latchkey-org", orgId) }

    static func make(in daemon: TestDaemon) async throws -> Neighbour {
        func made(_ target: String, _ headers: TestDaemon.Fields, _ body: String) async throws -> Reply {
            let reply = try await daemon.admin("POST", target, headers, body: body)
            try #require(reply.status == 201 || reply.status == 200, "\(reply.text)")
            return reply
        }
        let organisation = try await made("/v1/admin/orgs", [], #"{"name":"neighbour"}"#).json["orgId"]?.text
        let orgId = try #require(organisation)
        let there = [("x-latchkey-org", orgId)]
        let key = try TestDaemon.key(await made("/v1/api-keys", there, #"{"name":"test","scopes":["*"]}"#))
        let weak = try TestDaemon.key(await made("/v1/api-keys", there, #"{"name":"k","scopes":["relayfile:fs:read:*"]}"#))
        func identity(_ name: String) async throws -> String {
            let reply = try await made("/v1/identities", there, #"{"name":"\#(name)","sponsorId":"ada","scopes":["*"]}"#)
            return try #require(reply.json["id"]?.text)
        }
        let agent = try await identity("agent")
        let suspended = try await identity("x")
        _ = try await identity("i")
        let pair = try TestDaemon.pair(
            await made("/v1/tokens", there, #"{"identityId":"\#(agent)","audience":["relayauth"],"expiresIn":86400}"#))
        let child = try await made("/v1/identities/\(agent)/sub-agents", there, #"{"name":"b","scopes":["relayfile:fs:read:*"]}"#)
        _ = try await made("/v1/identities/\(suspended)/suspend", there, #"{"reason":"test"}"#)
        #expect(try await daemon.call("GET", "/v1/identities", key: weak.secret).status == 403)
        return Neighbour(
            orgId: orgId, key: key, weak: weak, identity: agent, tokenId: try pair.tokenId,
            child: try #require(child.json["identity"]?["id"]?.text), suspended: suspended)
    }
}
