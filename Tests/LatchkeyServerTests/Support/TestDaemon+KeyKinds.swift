@testable import LatchkeyAuthority
import LatchkeyStore
import Testing

extension TestDaemon {
    /// A key that an identity made for itself.
    ///
    /// - Parameter credential: the header that shows the identity: a bearer, or a key that it made before.
    func ownKey(_ credential: (String, String), _ body: String? = nil) async throws -> Key {
        let reply = try await send("POST", "/api/v1/keys", [credential], body: body)
        try #require(reply.status == 201, "\(reply.text)")
        return Key(id: try #require(reply.json["id"]?.text), secret: try #require(reply.json["key"]?.text), reply: reply)
    }

    /// An organisation token that the operator minted.
    func organisationToken(_ body: String? = nil, _ headers: Fields = []) async throws -> Key {
        let reply = try await admin("POST", "/org/tokens", headers, body: body)
        try #require(reply.status == 200, "\(reply.text)")
        return Key(id: try #require(reply.json["id"]?.text), secret: try #require(reply.json["auth_token"]?.text), reply: reply)
    }

    /// The bearer of an identity that holds some scopes; Latchkey's own API takes it.
    func bearer(of identity: String) async throws -> (String, String) { try await pair(identity, #""audience":["relayauth"]"#).bearer }

    /// Whether a key authenticates: whatever it may do, it is told who it is.
    func isLive(_ secret: String) async throws -> Bool {
        let reply = try await call("PUT", "/v1/api-keys", key: secret)
        if reply.status != 405 { expectError(reply, 401, "invalid_api_key") }
        return reply.status == 405
    }

    /// What the store keeps of a key, whoever's it is.
    func record(_ id: String) throws -> APIKeyRecord? {
        try authority.store.read { transaction in
            var found: APIKeyRecord?
            try transaction.scan(Tables.apiKeys, limit: .max) { _, record in
                if record.id == id { found = record }
                return found == nil
            }
            return found
        }
    }
}

extension TestDaemon.Key {
    /// What shows it.
    var header: (String, String) { ("x-api-key", secret) }
}
