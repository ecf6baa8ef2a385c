package import LatchkeyVerifier

/// Which entries of an organisation's audit log a query or an export gives.
package struct AuditFilter: Sendable {
    package var identityId: String?
    package var action: String?
    package var workspaceId: String?
    package var plane: String?
    package var result: String?
    /// The first moment that counts.
    package var from: Timestamp?
    /// The first moment that does not count any more.
    package var to: Timestamp?
    /// The entries that belong to no organisation, which the operator alone may see.
    package var isUnattributed = false

    package init() {}
}

/// A filter whose values were checked: the lists that an entry must be on, and the time that it must lie in.
struct AuditSelection: Sendable {
    /// What the keys of each list begin with; at least one.
    private(set) var lists: [[UInt8]]
    /// What the keys of the list of all entries begin with.
    private let all: [UInt8]
    /// Entries from here on count; no entry has this very place.
    let from: AuditIndex.Place?
    /// Entries before here count.
    var to: AuditIndex.Place?

    /// - Throws: `invalid_request` for a value that no entry can have, or a time that ends before it begins.
    init(_ filter: AuditFilter, of principal: Principal) throws(AuthorityError) {
        var organisation = principal.organisation
        if filter.isUnattributed {
            guard principal.isAdministrator else {
                throw .invalid("unattributed", "only the operator on the admin socket sees what belongs to no organisation")
            }
            organisation = ""
        }
        var lists: [[UInt8]] = []
        if let id = filter.identityId { lists.append(AuditIndex.prefix(organisation, .identity, id)) }
        if let action = filter.action {
            guard AuditRecord.Action(rawValue: action) != nil else {
                throw .invalid(
                    "action", "there is no such action; they are \(AuditRecord.Action.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            lists.append(AuditIndex.prefix(organisation, .action, action))
        }
        if let workspace = filter.workspaceId { lists.append(AuditIndex.prefix(organisation, .workspace, workspace)) }
        if let plane = filter.plane { lists.append(AuditIndex.prefix(organisation, .plane, plane)) }
        if let result = filter.result {
            guard AuditRecord.Result(rawValue: result) != nil else {
                throw .invalid("result", "result must be allowed, denied or error")
            }
            lists.append(AuditIndex.prefix(organisation, .result, result))
        }
        if let from = filter.from, let to = filter.to, to < from { throw .invalid("to", "to must not be before from") }
        all = AuditIndex.prefix(organisation, .all)
        self.lists = lists.isEmpty ? [all] : lists
        from = filter.from.map { AuditIndex.Place($0, 0) }
        to = filter.to.map { AuditIndex.Place($0, 0) }
    }

    /// Without its filters.
    var whole: AuditSelection {
        var selection = self
        selection.lists = [all]
        return selection
    }
}
