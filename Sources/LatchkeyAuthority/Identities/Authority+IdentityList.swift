import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Rows that one page looks at, at most: with several filters a page may be short and still have a cursor.
    private static let mostLookedAt = 1000

    /// The caller's organisation's identities, newest first. The first filter that is set walks its index; the others are held against its
    /// rows.
    ///
    /// - Throws: `invalid_request` for a status or type that does not exist.
    package func identities(_ page: PageRequest, filter: IdentityFilter, by caller: Caller) throws -> Page<Identity> {
        var status: IdentityRecord.Status?
        if let text = filter.status {
            guard let known = IdentityRecord.Status(rawValue: text) else {
                throw AuthorityError.invalid("status", "status must be active, suspended or retired")
            }
            status = known
        }
        let type = try filter.type.map { try Self.identityType($0) }
        try caller.requireOwn()
        let organisation = caller.principal.organisation
        let prefix =
            if let workspace = filter.workspaceId {
                IdentityIndex.prefix(organisation, .workspace, workspace)
            } else if let status {
                IdentityIndex.prefix(organisation, .status, status.rawValue)
            } else if let type {
                IdentityIndex.prefix(organisation, .type, type.rawValue)
            } else {
                OwnedKey.prefix(organisation)
            }
        let isIndexed = filter.workspaceId != nil || status != nil || type != nil
        return try read { transaction in
            var found: [IdentityRecord] = []
            var last: String?
            var hasMore = false
            var looked = 0
            func visit(_ record: IdentityRecord) -> Bool {
                guard found.count < page.limit, looked < Self.mostLookedAt else {
                    hasMore = true
                    return false
                }
                looked += 1
                last = record.id
                let fits =
                    (status == nil || record.status == status) && (type == nil || record.type == type)
                    && (filter.workspaceId.map { $0.utf8.elementsEqual(record.workspaceId.utf8) } ?? true)
                if fits { found.append(record) }
                return true
            }
            let after = page.after.map { prefix + Array($0.utf8) }
            if isIndexed {
                try transaction.scanKeys(
                    Tables.identitiesByFilter, prefix: prefix, after: after, descending: true, limit: Self.mostLookedAt + 1
                ) { key in
                    let id = String(decoding: key.dropFirst(prefix.count), as: UTF8.self)
                    guard let record = try transaction.get(Tables.identities, OwnedKey(organisation, id)) else { return true }
                    return visit(record)
                }
            } else {
                try transaction.scan(Tables.identities, prefix: prefix, after: after, descending: true, limit: page.limit + 1) {
                    _, record in visit(record)
                }
            }
            var identities: [Identity] = []
            for record in found { identities.append(Identity(record: record, lastActiveAt: try lastActive(record, in: transaction))) }
            return Page(identities, lastId: hasMore ? last : nil, limit: page.limit)
        }
    }
}
