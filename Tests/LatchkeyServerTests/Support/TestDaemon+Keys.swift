import Testing

extension TestDaemon {
    /// What the key ring says of itself.
    func keyRing() async throws -> JSON {
        let reply = try await admin("GET", "/v1/admin/keys")
        try #require(reply.status == 200, "\(reply.text)")
        return reply.json
    }

    /// The id of the key in a state; the youngest, when there are several.
    func keyId(_ state: String) async throws -> String {
        let found = try await keyRing()["keys"]?.elements?.last { $0["status"]?.text == state }
        return try #require(found?["keyId"]?.text, "no key is \(state)")
    }

    /// The key ids that the JWKS shows on TCP, in its order.
    func published() async throws -> [String] {
        let keys = try #require(try await send("GET", "/.well-known/jwks.json").json["keys"]?.elements)
        return keys.compactMap { $0["kid"]?.text }
    }

    /// A change as the operator, that has to succeed.
    @discardableResult
    func done(_ target: String, _ body: String = "{}", _ location: SourceLocation = #_sourceLocation) async throws -> JSON {
        let reply = try await admin("POST", target, body: body)
        try #require(reply.status == 200 || reply.status == 201, "\(target) \(reply.text)", sourceLocation: location)
        return reply.json
    }
}
