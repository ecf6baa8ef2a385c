import LatchkeyAuthority
import LatchkeyVerifier

/// The API keys that end soon, as the operator is told of them: those of all organisations, the soonest first.
struct EndingAPIKeys {
    /// Early enough for who looks once a month.
    static let days: Int64 = 30
    private static let most = 20

    let keys: [APIKeyRecord]
    let hasMore: Bool

    init(_ authority: Authority) throws {
        (keys, hasMore) = try authority.endingAPIKeys(withinDays: Self.days, limit: Self.most)
    }

    static var schema: Schema {
        .object([
            .required("withinDays", .integer(days...days)),
            .required("keys", .array(of: .endingAPIKey, count: 0...most).sampled([])),
            .required("hasMore", .boolean),
        ]).noted("API keys of all organisations that end soon, the soonest first; those that were replaced are not among them")
    }
}

extension Schema {
    static let endingAPIKeys = EndingAPIKeys.schema

    fileprivate static let endingAPIKey = Schema.object([
        .required("id", .string(pattern: Subject.apiKey.pattern)), .required("orgId", .organisationId),
        .required("prefix", .keyPrefix), .required("name", .string(length: 0...100)),
        .required("kind", .cases(APIKeyRecord.Kind.self)), .required("expiresAt", .timestamp),
    ])
}

extension JSONWriter {
    mutating func endingAPIKeys(_ ending: EndingAPIKeys) {
        key("endingApiKeys")
        object { writer in
            writer.member("withinDays", EndingAPIKeys.days)
            writer.key("keys")
            writer.array { writer in
                for key in ending.keys {
                    writer.object { writer in
                        writer.member("id", key.id)
                        writer.member("orgId", key.orgId)
                        writer.member("prefix", key.prefix)
                        writer.member("name", key.name)
                        writer.member("kind", key.kind.rawValue)
                        writer.member("expiresAt", ifPresent: key.expiresAt)
                    }
                }
            }
            writer.member("hasMore", ending.hasMore)
        }
    }
}
