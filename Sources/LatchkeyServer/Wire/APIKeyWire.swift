import LatchkeyAuthority
import LatchkeyVerifier

/// `POST /v1/api-keys`. Whatever else a body says (an owner, an id, a secret) is passed over.
struct MintBody: RequestBodyType {
    let name: String
    let scopes: [String]
    let orgId: String?
    let expiresAt: String?
}

/// `POST /v1/api-keys/{id}/revoke`.
struct RevokeKeyBody: RequestBodyType {
    var reason: String?
    var orgId: String?
    var descendants: Bool?

    static var whenAbsent: Self? { Self() }
}

extension JSONWriter {
    mutating func apiKey(_ key: APIKey) {
        let record = key.record
        object { writer in
            writer.member("id", record.id)
            writer.member("orgId", record.orgId)
            writer.member("prefix", record.prefix)
            writer.member("name", record.name)
            writer.member("kind", record.kind.rawValue)
            writer.member("scopes", record.scopes)
            writer.member("createdAt", record.createdAt)
            writer.member("createdBy", record.createdBy)
            writer.member("rootId", record.rootId)
            writer.member("expiresAt", ifPresent: record.expiresAt)
            writer.member("lastUsedAt", ifPresent: key.lastUsedAt)
            writer.member("revoked", record.revokedAt != nil)
            writer.member("revokedAt", ifPresent: record.revokedAt)
        }
    }
}
