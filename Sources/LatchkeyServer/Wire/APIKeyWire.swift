import LatchkeyAuthority
import LatchkeyVerifier

/// `POST /v1/api-keys`. Whatever else a body says (an owner, an id, a secret) is passed over.
struct MintBody: RequestBodyType {
    let name: String
    let scopes: [String]
    let orgId: String?
    let expiresAt: String?

    static let schema = Schema.body(
        "MintApiKey",
        [
            .required("name", .displayText(1...100).sampled("nightly-backup")),
            .required("scopes", .wantedScopes(atLeast: 1).sampled(["relayauth:api-key:read:*"])),
            .optional("orgId", .organisationId), .optional("expiresAt", .string(format: "date-time")),
        ])

    var request: APIKeyRequest {
        get throws(APIError) {
            var request = APIKeyRequest(name: name, scopes: scopes)
            if let text = expiresAt {
                guard let moment = Timestamp(rfc3339: text) else {
                    throw .invalid("expiresAt", "expiresAt must be a date and time as in 2030-01-31T12:00:00Z")
                }
                request.expiresAt = moment
            }
            return request
        }
    }
}

/// `POST /v1/api-keys/{id}/revoke`.
struct RevokeKeyBody: RequestBodyType {
    var reason: String?
    var orgId: String?
    var descendants: Bool?

    static let schema = Schema.body(
        "RevokeApiKey",
        [
            .optional("reason", .displayText(1...500).sampled("its host was sold")), .optional("orgId", .organisationId),
            .optional("descendants", .boolean.noted("Also every key, identity and session that came from it, in one commit")),
        ])

    static var whenAbsent: Self? { Self() }
}

/// `POST /v1/api-keys/{id}/rotate`.
struct RotateKeyBody: RequestBodyType {
    var overlapSeconds: WireNumber?
    var orgId: String?

    static let schema = Schema.body(
        "RotateApiKey",
        [
            .optional("overlapSeconds", .integer(0...604_800).noted("How long the old key lives on; 0 unless it is told")),
            .optional("orgId", .organisationId),
        ])

    static var whenAbsent: Self? { Self() }
}

extension Schema {
    /// The first 11 characters of a key's secret.
    static let keyPrefix = Schema.string(pattern: "^lk_[0-9A-Za-z]{8}$").sampled("lk_0a1b2c3d")

    static let apiKey = Schema.object("ApiKey", apiKeyMembers)

    /// The answer of a revocation.
    static let revokedAPIKey = Schema.object(
        "RevokedApiKey",
        apiKeyMembers + [
            .optional(
                "revokedDescendants",
                .object([
                    .required("keys", .integer(0...Int64.max)), .required("identities", .integer(0...Int64.max)),
                    .required("sessions", .integer(0...Int64.max)),
                ]).noted("What died with it, when `descendants` was asked for: as many as were alive")),
            Reach.member,
        ])

    private static var apiKeyMembers: [Property] {
        [
            .required("id", .id(.apiKey)), .required("orgId", .organisationId.sampled(.subject(.organisation))),
            .required(
                "prefix", .keyPrefix.noted("What people and the audit log call it")),
            .required(
                "name", .string(length: 0...100).sampled("nightly-backup").noted("Empty for an organisation token that was given none")),
            .required("kind", .cases(APIKeyRecord.Kind.self)), .required("scopes", .scopes),
            .required("createdAt", .timestamp), .required("createdBy", .string().sampled("admin-socket:uid=0")),
            .required("rootId", .string().sampled(.subject(.apiKey))),
            .optional("expiresAt", .string(format: "date-time")), .optional("lastUsedAt", .string(format: "date-time")),
            .required("revoked", .boolean), .optional("revokedAt", .string(format: "date-time")),
        ]
    }

    static let mintedKey = Schema.object(
        "MintedApiKey",
        [
            .required("apiKey", .apiKey), .required("key", .id(.apiKeySecret).noted("The secret; shown here and never again")),
        ])
}

extension JSONWriter {
    mutating func apiKey(_ key: APIKey, revokedDescendants: RevokedDescendants? = nil, stillAcceptedBy holders: [KeyHolder]? = nil) {
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
            if let died = revokedDescendants {
                writer.key("revokedDescendants")
                writer.object { writer in
                    writer.member("keys", Int64(died.keys))
                    writer.member("identities", Int64(died.identities))
                    writer.member("sessions", Int64(died.sessions))
                }
            }
            if let holders {
                writer.key("stillAcceptedBy")
                writer.holders(holders)
            }
        }
    }
}
