import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Contract §8: what happened.
enum AuditRoutes {
    static let all = [query, export, show]

    private static let read = Access.holding("relayauth:audit:read:*")

    private static let query = Route.get("/v1/audit", "queryAudit", read, "What happened in the organisation, newest first")
        .note("Each filter is a walk along an index; several together give what fits all of them.")
        .query("identityId", .string(), "Only what concerns this identity")
        .auditFilters
        .query("unattributed", .enumeration("true", "false"), "What belongs to no organisation; on the admin socket only")
        .paged
        .answers(.ok, .auditPage)
        .handle { call in
            let page = try call.authority.audit(call.auditFilter(isWhole: true), call.page(.auditEntry), by: call.caller)
            return .json { $0.auditPage(page) }
        }

    private static let show = Route.get("/v1/audit/{id}", "getAuditEntry", read, "Show one entry of the audit log")
        .id(.auditEntry)
        .answers(.ok, .auditEntry)
        .handle { call in
            let entry = try call.authority.auditEntry(call.parameter("id"), by: call.caller)
            return .json { $0.raw(entry.json) }
        }

    private static let export = Route.post("/v1/audit/export", "exportAudit", read, "All entries that fit, oldest first, as JSON or CSV")
        .note("Streamed, as the log was when the export began. An answer that ends early is cut off, not ended.")
        .body(ExportBody.self)
        .answers(.ok, contents: [("application/json", .array(of: .auditEntry)), ("text/csv", .string())])
        .handle { call, body in
            let format = try AuditFormat(body.format)
            let export = try call.authority.auditExport(body.filter, by: call.caller)
            return AuditStream.answer(export, format)
        }
}

extension RouteDraft {
    /// The filters that a query of the log and an identity's activity have in common.
    var auditFilters: Self {
        query("action", .cases(AuditRecord.Action.self), "Only this action")
            .query("workspaceId", .string(), "Only what happened in this workspace")
            .query("plane", .string(), "Only what concerns this plane")
            .query("result", .cases(AuditRecord.Result.self), "Only what ended like this")
            .query("from", .dateTime, "The first moment that counts")
            .query("to", .dateTime, "The first moment that does not count any more")
    }
}

extension Call {
    /// - Parameter isWhole: whether the route also takes `identityId` and `unattributed`.
    func auditFilter(isWhole: Bool = false) throws -> AuditFilter {
        var filter = AuditFilter()
        filter.action = try query("action")
        filter.workspaceId = try query("workspaceId")
        filter.plane = try query("plane")
        filter.result = try query("result")
        filter.from = try Self.moment("from", query("from"))
        filter.to = try Self.moment("to", query("to"))
        guard isWhole else { return filter }
        filter.identityId = try query("identityId")
        filter.isUnattributed = try Self.flag("unattributed", query("unattributed"))
        return filter
    }

    static func moment(_ name: String, _ text: String?) throws(APIError) -> Timestamp? {
        guard let text else { return nil }
        guard let moment = Timestamp(rfc3339: text) else {
            throw .invalid(name, "\(name) must be a date and time as in 2030-01-31T12:00:00Z")
        }
        return moment
    }

    private static func flag(_ name: String, _ text: String?) throws(APIError) -> Bool {
        switch text {
        case nil, "false": return false
        case "true": return true
        default: throw .invalid(name, "\(name) must be true or false")
        }
    }
}
