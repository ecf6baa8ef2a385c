import Testing

/// Three generations of identities, each created by the one before with its own token.
struct Family: Sendable {
    struct Member: Sendable {
        let id: String
        let pair: TestDaemon.Pair
    }

    let first: Member
    let second: Member
    let third: Member

    var all: [Member] { [first, second, third] }

    static let scopes = ["relayauth:identity:manage:*", "relayauth:token:create:*", "relayfile:fs:read:*"]

    static func make(in daemon: TestDaemon) async throws -> Family {
        let body = #"{"name":"a","sponsorId":"ada","scopes":\#(TestDaemon.list(scopes))}"#
        let id = try #require(try await daemon.admin("POST", "/v1/identities", body: body).json["id"]?.text)
        let first = Member(id: id, pair: try await daemon.pair(id))
        let second = try await child(of: first, named: "b", in: daemon)
        return Family(first: first, second: second, third: try await child(of: second, named: "c", in: daemon))
    }

    private static func child(of parent: Member, named name: String, in daemon: TestDaemon) async throws -> Member {
        let reply = try await daemon.send(
            "POST", "/v1/identities/\(parent.id)/sub-agents", [parent.pair.bearer], body: #"{"name":"\#(name)"}"#)
        try #require(reply.status == 201, "\(reply.text)")
        let pair = try #require(reply.json["tokenPair"])
        let id = try #require(reply.json["identity"]?["id"]?.text)
        daemon.ledger.note(pair["accessToken"]?.text ?? "")
        daemon.ledger.note(pair["refreshToken"]?.text ?? "")
        return Member(
            id: id,
            pair: TestDaemon.Pair(
                access: try #require(pair["accessToken"]?.text), refresh: try #require(pair["refreshToken"]?.text)))
    }
}
