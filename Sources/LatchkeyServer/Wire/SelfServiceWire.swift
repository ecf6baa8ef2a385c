import LatchkeyAuthority
import LatchkeyVerifier

/// A moment as clients of several habits write it: RFC 3339, or seconds or milliseconds since 1970.
enum WireMoment: Decodable, Sendable {
    case text(String)
    case number(Double)

    /// From here on a number is one of milliseconds: as seconds it would be the year 5138.
    private static let leastMilliseconds: Double = 100_000_000_000

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .number(try container.decode(WireNumber.self).value)
        }
    }

    var moment: Timestamp {
        get throws(APIError) {
            switch self {
            case .text(let text):
                if let moment = Timestamp(rfc3339: text) { return moment }
            case .number(let number):
                let milliseconds = number < Self.leastMilliseconds ? number * 1000 : number
                if number >= 0, milliseconds < 253_402_300_800_000 { return Timestamp(milliseconds: Int64(milliseconds)) }
            }
            throw .invalid(
                "expires_at", "expires_at must be a date and time as in 2030-01-31T12:00:00Z, or seconds or milliseconds since 1970")
        }
    }

    static let schema = Schema.oneOf(.dateTime, .number(0...253_402_300_799_999)).noted(
        "A date and time, or seconds or milliseconds since 1970: from 100000000000 on they are milliseconds")
}

/// `POST /api/v1/keys`. Whatever else a body says (an owner, an id, scopes) is passed over.
struct SelfServiceBody: RequestBodyType {
    var name: String?
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var expires_at: WireMoment?
    var orgId: String?

    static let schema = Schema.body(
        "MintSelfServiceKey",
        [
            .optional("name", .displayText(1...100).sampled("my laptop")), .optional("expires_at", WireMoment.schema),
            .optional("orgId", .organisationId),
        ])

    static var whenAbsent: Self? { Self() }
}

/// `POST /org/tokens`.
struct OrganisationTokenBody: RequestBodyType {
    var name: String?
    var orgId: String?

    static let schema = Schema.body(
        "MintOrganisationToken", [.optional("name", .displayText(1...100).sampled("break-glass")), .optional("orgId", .organisationId)])

    static var whenAbsent: Self? { Self() }
}

extension Schema {
    static let selfServiceKey = Schema.object(
        "SelfServiceKey",
        [
            .required("id", .id(.apiKey)), .required("name", .string(length: 1...100).sampled("my laptop")),
            .required("prefix", .keyPrefix),
            .optional("expires_at", .timestamp),
            .required("key", .id(.apiKeySecret).noted("The secret; shown here and never again")),
        ])

    static let mintedOrganisationToken = Schema.object(
        "MintedOrganisationToken",
        [
            .required("id", .id(.organisationToken)), .required("prefix", .keyPrefix),
            .optional("name", .string(length: 1...100).sampled("break-glass")),
            .required("auth_token", .id(.apiKeySecret).noted("The secret; shown here and never again")), .required("warning", .string()),
        ])

    static let organisationToken = Schema.object(
        "OrganisationToken",
        [
            .required("id", .id(.organisationToken)), .required("prefix", .keyPrefix),
            .required("name", .string(length: 0...100).sampled("break-glass").nullable),
            .required("createdBy", .string().sampled("admin-socket:uid=0")), .required("createdAt", .timestamp),
            .required("lastUsedAt", .timestamp.nullable),
        ])

    static let organisationTokens = Schema.object(
        "OrganisationTokens",
        [.required("tokens", .array(of: .organisationToken, count: 0...500)), .required("count", .integer(0...500))])

    static let revokedOrganisationToken = Schema.object("RevokedOrganisationToken", [.required("revoked", .id(.organisationToken))])
}

extension JSONWriter {
    mutating func organisationToken(_ token: APIKey) {
        let record = token.record
        object { writer in
            writer.member("id", record.id)
            writer.member("prefix", record.prefix)
            writer.key("name")
            if record.name.isEmpty { writer.null() } else { writer.string(record.name) }
            writer.member("createdBy", record.createdBy)
            writer.member("createdAt", record.createdAt)
            writer.key("lastUsedAt")
            if let used = token.lastUsedAt { writer.string(used.description) } else { writer.null() }
        }
    }
}
