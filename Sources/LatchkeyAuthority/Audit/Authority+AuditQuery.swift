import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Keys of the index that one page looks at, at most: with filters that agree on little a page may be short and still have a cursor.
    private static let mostLooks = 4000

    /// Entries of the caller's organisation, newest first.
    ///
    /// - Throws: `invalid_request` for a value of the filter that no entry can have.
    package func audit(_ filter: AuditFilter, _ page: PageRequest, by caller: Caller) throws -> Page<AuditEntry> {
        let selection = try AuditSelection(filter, of: caller.principal)
        let after = try page.after.map { id throws(AuthorityError) in
            guard let place = AuditEntryId(id)?.place else { throw PageRequest.badCursor }
            return place
        }
        try caller.requireOwn()
        return try read { transaction in
            var walk = AuditWalk(selection, after: after, descending: true, looks: Self.mostLooks)
            var found: [AuditEntry] = []
            var last: AuditIndex.Place?
            while found.count < page.limit, let place = try walk.next(in: transaction) {
                last = place
                if let entry = try transaction.get(Tables.audit, place.sequence) { found.append(entry) }
            }
            if walk.isTired {
                last = walk.standing
            } else if try walk.next(in: transaction) == nil, !walk.isTired {
                last = nil
            }
            return Page(found, lastId: last.map { AuditEntryId($0).text }, limit: page.limit)
        }
    }

    /// - Throws: `audit_entry_not_found`, also for another organisation's.
    package func auditEntry(_ id: String, by caller: Caller) throws -> AuditEntry {
        try caller.requireOwn()
        let notFound = AuthorityError(.auditEntryNotFound, "there is no audit entry with that id in your organisation")
        guard let place = AuditEntryId(id)?.place, let entry = try read({ try $0.get(Tables.audit, place.sequence) }) else {
            throw notFound
        }
        let record = try entry.record()
        let isOwn = record.orgId.utf8.elementsEqual(caller.principal.organisation.utf8)
        guard record.id == id, isOwn || (record.orgId.isEmpty && caller.principal.isAdministrator) else { throw notFound }
        return entry
    }

    /// Entries that concern one identity, newest first.
    ///
    /// - Throws: `identity_not_found`; as ``audit(_:_:by:)``.
    package func activity(of id: String, _ filter: AuditFilter, _ page: PageRequest, by caller: Caller) throws -> Page<AuditEntry> {
        var filter = filter
        filter.identityId = id
        filter.isUnattributed = false
        _ = try AuditSelection(filter, of: caller.principal)
        _ = try identity(id, by: caller)
        return try audit(filter, page, by: caller)
    }

    /// All entries that fit, oldest first, as they were when it began.
    ///
    /// - Throws: as ``audit(_:_:by:)``.
    package func auditExport(_ filter: AuditFilter, by caller: Caller) throws -> AuditExport {
        var selection = try AuditSelection(filter, of: caller.principal)
        try caller.requireOwn()
        // What comes in meanwhile is not waited for: its end is set now. A clock that goes back could still put a later entry before that
        // end, so the last number counts, too.
        let (newest, last) = try read { transaction in
            var walk = AuditWalk(selection.whole, after: nil, descending: true, looks: 1)
            return (try walk.next(in: transaction), try Self.lastSequence(in: transaction))
        }
        if let newest { selection.to = newest.successor }
        return AuditExport(authority: self, principal: caller.principal, selection: newest == nil ? nil : selection, last: last)
    }
}

/// A long read of the audit log, in short transactions: what happens between two of them costs the store nothing.
package struct AuditExport: Sendable {
    /// Entries that one transaction looks at.
    private static let batch = 500

    private let authority: Authority
    private let principal: Principal
    /// None once there is no more.
    private var selection: AuditSelection?
    private var after: AuditIndex.Place?
    /// The number of the newest entry when it began.
    private let last: UInt64

    init(authority: Authority, principal: Principal, selection: AuditSelection?, last: UInt64) {
        self.authority = authority
        self.principal = principal
        self.selection = selection
        self.last = last
    }

    /// The next entries; `nil` at the end.
    ///
    /// - Throws: `token_revoked` when the credential that began it has died meanwhile.
    package mutating func next() throws -> [AuditEntry]? {
        guard let selection else { return nil }
        let now = authority.clock.now()
        let start = after
        let (entries, standing, isAtEnd) = try authority.read { transaction in
            guard try Authority.isLive(principal, at: now, in: transaction) else { throw AuthorityError.revokedToken }
            var walk = AuditWalk(selection, after: start, descending: false, looks: 4 * Self.batch)
            var entries: [AuditEntry] = []
            var looked = 0
            while looked < Self.batch, let place = try walk.next(in: transaction) {
                looked += 1
                if place.sequence <= last, let entry = try transaction.get(Tables.audit, place.sequence) { entries.append(entry) }
            }
            return (entries, walk.standing, looked < Self.batch && !walk.isTired)
        }
        if isAtEnd { self.selection = nil }
        after = standing
        return entries.isEmpty && self.selection == nil ? nil : entries
    }
}
