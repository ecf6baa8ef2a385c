import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    private static let attempts = 4

    /// Creates an identity under another one, and issues its first token pair, in one commit. Its fate is its parent's.
    ///
    /// - Throws: `invalid_request`, `invalid_scope`, `identity_not_found`, `identity_suspended`, `identity_retired` (of the parent),
    ///   `insufficient_scope` (the parent does not hold a scope), `scope_escalation` (the caller does not), `identity_already_exists`,
    ///   `sponsor_chain_too_long`, `rate_limited`, `signing_unavailable`, `storage_unavailable`.
    package func createSubAgent(_ request: SubAgentRequest, of parentId: String, by caller: Caller) async throws -> SubAgent {
        let name = try DisplayText.normalised(request.name, field: "name", scalars: 1...100)
        let asked = try request.scopes.map { try parseScopes($0) }
        let metadata = try Self.checkedMetadata(request.metadata ?? [:])
        let life = try Self.askedLife(request.ttl, field: "ttl")
        try caller.requireOwn()
        for _ in 0..<Self.attempts {
            let (parent, parentRow, rules) = try ground(parentId, caller)
            let scopes = try grant(asked, held: try Self.scopes(of: parent), caller: caller)
            let child = try child(of: parent, named: name, scopes: scopes, metadata: metadata, caller: caller)
            // All that can be said before the signature, which costs more than the rest; decided again in the write.
            try read { transaction in
                try Self.requireFree(name, parent.orgId, in: transaction)
                _ = try descendantCounts(1, above: child, in: transaction)
                _ = try mintCharges(caller, of: scopes, at: child.createdAt, in: transaction)
            }
            let childRow = IdentityRow(orgId: child.orgId, status: .active, epoch: 0, cutOffAt: nil)
            let signed = try await sign(plan(child, childRow, rules, scopes, audience: nil, life: life))
            let isCommitted = try await write { [self] transaction in
                try Self.requireLive(caller.principal, handing: scopes, at: child.createdAt, in: transaction)
                guard try isGround(parent, parentRow, in: transaction), try isCurrent(signed, in: transaction) else { return false }
                try Self.requireFree(name, child.orgId, in: transaction)
                _ = try descendantCounts(1, above: child, in: transaction)
                try chargeMint(caller, of: scopes, at: child.createdAt, in: transaction)
                try add(child, childRow, caller: caller, in: transaction)
                try startSession(signed, caller: caller, in: transaction)
                return true
            }
            if isCommitted { return SubAgent(identity: child, pair: signed.pair) }
        }
        throw Self.unsettled
    }

    /// Who an identity created itself, newest first.
    ///
    /// - Throws: `identity_not_found`.
    package func subAgents(of id: String, _ page: PageRequest, by caller: Caller) throws -> Page<Identity> {
        try caller.requireOwn()
        return try read { transaction in
            let (parent, _) = try known(id, caller, in: transaction)
            var found: [Identity] = []
            var last: String?
            var hasMore = false
            try transaction.scanKeys(
                Tables.identitiesByParent, prefix: OwnedKey.prefix(id), after: page.after.map { OwnedKey(id, $0).storeBytes },
                descending: true, limit: page.limit + 1
            ) { key in
                guard found.count < page.limit else {
                    hasMore = true
                    return false
                }
                last = key.id
                guard let record = try transaction.get(Tables.identities, OwnedKey(parent.orgId, key.id)) else { return true }
                found.append(Identity(record: record, lastActiveAt: try lastActive(record, in: transaction)))
                return true
            }
            return Page(found, lastId: hasMore ? last : nil, limit: page.limit)
        }
    }

    private func child(
        of parent: IdentityRecord, named name: String, scopes: ScopeSet, metadata: [String: String], caller: Caller
    ) throws -> IdentityRecord {
        let id = try ids.make(.identity)
        let now = clock.now()
        let principal = caller.principal
        return IdentityRecord(
            id: id, orgId: parent.orgId, name: name, type: .agent, workspaceId: parent.workspaceId, status: .active, scopes: scopes.texts,
            roles: [], metadata: metadata, sponsorId: parent.sponsorId, sponsorChain: try Self.chain(parent.sponsorChain, id),
            createdAt: now, updatedAt: now, createdBy: principal.label, parentId: parent.id, makerId: principal.makerId,
            rootId: principal.rootId ?? id)
    }

    /// - Throws: `sponsor_chain_too_long`.
    static func chain(_ links: [String], _ id: String) throws(AuthorityError) -> [String] {
        guard links.count < longestSponsorChain else {
            throw AuthorityError(
                .sponsorChainTooLong,
                "a sponsor chain has at most \(longestSponsorChain) links; let somebody nearer to the sponsor create this identity")
        }
        return links + [id]
    }

    /// The most identities that may come from one (what happens to it happens to all of them, in one commit, and others wait for that).
    static let mostDescendants: UInt64 = 10_000

    /// Counts identities that are made or deleted on all that they came from.
    ///
    /// - Throws: `sponsor_chain_too_long` when one of these has the most already.
    func countDescendants(_ change: Int64, above record: IdentityRecord, in transaction: borrowing WriteTransaction) throws {
        for (ancestor, count) in try descendantCounts(change, above: record, in: transaction) {
            try transaction.put(Tables.identityDescendants, ancestor, SequenceRow(count))
        }
    }

    private func descendantCounts(
        _ change: Int64, above record: IdentityRecord, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> [(ancestor: String, count: UInt64)] {
        var counts: [(ancestor: String, count: UInt64)] = []
        var next = record.parentId
        while let ancestor = next, let above = try transaction.get(Tables.identities, OwnedKey(record.orgId, ancestor)) {
            let count = try transaction.get(Tables.identityDescendants, ancestor)?.sequence ?? 0
            let changed = change < 0 ? count - min(count, change.magnitude) : count + change.magnitude
            guard changed <= Self.mostDescendants else {
                throw AuthorityError(
                    .sponsorChainTooLong,
                    "\(Self.mostDescendants) identities came from \(ancestor), the most that may; delete some, or create this one by another"
                )
            }
            counts.append((ancestor, changed))
            next = above.parentId
        }
        return counts
    }

    /// Writes a new identity, and the entry that tells of it.
    func add(_ record: IdentityRecord, _ row: IdentityRow, caller: Caller, in transaction: borrowing WriteTransaction) throws {
        try countDescendants(1, above: record, in: transaction)
        try IdentityIndex.put(record, replacing: nil, in: transaction)
        try transaction.put(Tables.identityLiveness, record.id, row)
        try Self.noteMaking(record.id, by: caller.principal, in: transaction)
        var draft = identityDraft(.identityCreated, record, caller)
        draft.metadata["sponsorId"] = record.sponsorId
        draft.metadata["scopes"] = record.scopes.joined(separator: " ")
        draft.metadata["parentId"] = record.parentId
        try self.record(draft, in: transaction)
    }
}
