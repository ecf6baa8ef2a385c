import LatchkeyAuthority
import LatchkeyVerifier

/// `POST /v1/audit/export`.
struct ExportBody: RequestBodyType {
    let format: String
    let from: String?
    let to: String?
    let identityId: String?
    let action: String?
    let workspaceId: String?
    let plane: String?
    let result: String?
    let unattributed: Bool?
    let orgId: String?

    static let schema = Schema.body(
        "ExportAudit",
        [
            .required("format", .cases(AuditFormat.self).sampled("json")),
            .optional("from", .dateTime.noted("The first moment that counts")),
            .optional("to", .dateTime.noted("The first moment that does not count any more")), .optional("identityId", .string()),
            .optional("action", .cases(AuditRecord.Action.self)), .optional("workspaceId", .string()), .optional("plane", .string()),
            .optional("result", .cases(AuditRecord.Result.self)),
            .optional("unattributed", .boolean.noted("What belongs to no organisation; on the admin socket only")),
            .optional("orgId", .organisationId),
        ])

    var filter: AuditFilter {
        get throws(APIError) {
            var filter = AuditFilter()
            filter.from = try Call.moment("from", from)
            filter.to = try Call.moment("to", to)
            filter.identityId = identityId
            filter.action = action
            filter.workspaceId = workspaceId
            filter.plane = plane
            filter.result = result
            filter.isUnattributed = unattributed ?? false
            return filter
        }
    }
}

/// What an export is written as.
enum AuditFormat: String, CaseIterable {
    case json, csv

    init(_ text: String) throws(APIError) {
        guard let format = AuditFormat(rawValue: text) else { throw .invalid("format", "format must be json or csv") }
        self = format
    }
}

extension Schema {
    static let auditEntry = Schema.object(
        "AuditEntry",
        [
            .required("id", .id(.auditEntry)), .required("seq", .integer(1...Int64.max)), .required("timestamp", .timestamp),
            .required("action", .cases(AuditRecord.Action.self)), .required("actor", .string().sampled("api-key:lk_0a1b2c3d")),
            .optional("identityId", .string()), .required("orgId", .string().sampled(.subject(.organisation))),
            .optional("workspaceId", .string()), .optional("plane", .string().sampled("relayauth")),
            .optional("resource", .string().sampled("api-key")), .required("result", .cases(AuditRecord.Result.self)),
            .required("metadata", .map(of: .string()).sampled(["name": "deploy"])), .optional("ip", .string().sampled("192.0.2.7")),
            .optional("userAgent", .string()), .required("requestId", .string().sampled("KaY1-42")),
        ])

    static let auditPage = Schema.object(
        "AuditPage",
        [
            .required("entries", .array(of: .auditEntry)),
            .optional("nextCursor", .cursor.noted("Where the next page begins; absent on the last")), .required("hasMore", .boolean),
        ])
}

extension JSONWriter {
    mutating func auditPage(_ page: Page<AuditEntry>) {
        object { writer in
            writer.key("entries")
            writer.array { writer in for entry in page.elements { writer.raw(entry.json) } }
            writer.member("nextCursor", ifPresent: page.cursor)
            writer.member("hasMore", page.cursor != nil)
        }
    }
}
