import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// What happens to an identity and, with it, to all that it created.
    private enum Fate: Sendable {
        case suspended, retired, deleted

        var action: AuditRecord.Action {
            switch self {
            case .suspended: .identitySuspended
            case .retired: .identityRetired
            case .deleted: .identityDeleted
            }
        }

        /// The reason that descendants get.
        var inherited: String {
            switch self {
            case .suspended: "parent_suspended"
            case .retired: "parent_retired"
            case .deleted: "parent_deleted"
            }
        }

        /// The reason that self-service keys get.
        var ofKeys: String {
            switch self {
            case .suspended: "identity_suspended"
            case .retired: "identity_retired"
            case .deleted: "identity_deleted"
            }
        }
    }

    /// Suspends an identity and all its descendants. Their tokens and sessions are dead with the commit, and stay so.
    ///
    /// - Parameter marks: learn the numbers of what was revoked with it.
    /// - Throws: `invalid_request` (reason), `identity_not_found`, `identity_not_active`, `storage_unavailable`.
    package func suspendIdentity(
        _ id: String, reason: String, marking marks: RevocationMarks? = nil, by caller: Caller
    ) async throws -> Identity {
        let reason = try DisplayText.normalised(reason, field: "reason", scalars: 1...500)
        try caller.requireOwn()
        return try await decide(id, .suspended, reason, marks, caller) { record in
            guard record.status == .active else {
                throw AuthorityError(
                    .identityNotActive, "only an active identity can be suspended; this one is \(record.status.rawValue)",
                    details: [("identityId", .text(id))])
            }
            return true
        }
    }

    /// Retires an identity and all its descendants, for good. Retiring again changes nothing.
    ///
    /// - Parameter marks: learn the numbers of what was revoked with it.
    /// - Throws: `invalid_request` (reason), `identity_not_found`, `storage_unavailable`.
    package func retireIdentity(
        _ id: String, reason: String?, marking marks: RevocationMarks? = nil, by caller: Caller
    ) async throws -> Identity {
        let reason = try reason.map { try DisplayText.normalised($0, field: "reason", scalars: 1...500) }
        try caller.requireOwn()
        return try await decide(id, .retired, reason, marks, caller) { $0.status != .retired }
    }

    /// Deletes an identity and all its descendants. What the audit log says of them stays.
    ///
    /// - Throws: `identity_not_found`, `storage_unavailable`.
    package func deleteIdentity(_ id: String, by caller: Caller) async throws {
        try caller.requireOwn()
        _ = try await decide(id, .deleted, nil, nil, caller) { _ in true }
    }

    /// Makes one suspended identity active again; its descendants, and all that was issued before, stay as they are.
    ///
    /// - Throws: `identity_not_found`, `identity_not_reactivatable` (not suspended, or under a parent that is not active),
    ///   `storage_unavailable`.
    package func reactivateIdentity(_ id: String, by caller: Caller) async throws -> Identity {
        try caller.requireOwn()
        let now = clock.now()
        return try await write { [self] transaction in
            try Self.requireLive(caller.principal, at: now, in: transaction)
            let (old, row) = try known(id, caller, in: transaction)
            guard old.status == .suspended else {
                throw Self.notReactivatable(id, "only a suspended identity can be reactivated; this one is \(old.status.rawValue)")
            }
            if let parent = old.parentId, try transaction.get(Tables.identityLiveness, parent)?.status != .active {
                throw Self.notReactivatable(id, "the identity that created this one is not active; reactivate \(parent) first")
            }
            var record = old
            record.status = .active
            record.suspendedAt = nil
            record.suspendReason = nil
            record.updatedAt = now
            var live = row
            live.status = .active
            try IdentityIndex.put(record, replacing: old, in: transaction)
            try transaction.put(Tables.identityLiveness, id, live)
            try self.record(identityDraft(.identityReactivated, record, caller), in: transaction)
            return Identity(record: record, lastActiveAt: try lastActive(record, in: transaction))
        }
    }

    /// One commit: the identity, everything below it, and an entry of the log for each.
    ///
    /// - Parameters:
    ///   - marks: learn the numbers of what was revoked with it.
    ///   - isNews: says whether there is anything to do, or why it can't be done.
    private func decide(
        _ id: String, _ fate: Fate, _ reason: String?, _ marks: RevocationMarks?, _ caller: Caller,
        isNews: @escaping @Sendable (IdentityRecord) throws -> Bool
    ) async throws -> Identity {
        let now = clock.now()
        return try await write(.essential) { [self] transaction in
            try Self.requireLive(caller.principal, at: now, in: transaction)
            try marks?.begin(reachingIdentities: true, in: transaction)
            let (record, row) = try known(id, caller, in: transaction)
            let seen = try lastActive(record, in: transaction)
            guard try isNews(record) else {
                marks?.noteEarlier(cutOffAt: row.cutOffAt, at: now)
                return Identity(record: record, lastActiveAt: seen)
            }
            let descendants = try Self.descendants(of: id, in: transaction)
            let edge = try cutEdge(in: transaction)
            if fate == .deleted { try countDescendants(-Int64(descendants.count + 1), above: record, in: transaction) }
            let decided = try meet(record, fate, reason, from: nil, caller, at: now, cutAt: edge, in: transaction)
            var deleted = fate == .deleted ? [decided] : []
            for child in descendants {
                guard let record = try transaction.get(Tables.identities, OwnedKey(record.orgId, child)) else { continue }
                // What is suspended for a reason of its own keeps it, and what is retired stays retired, unless all of it goes.
                guard fate == .deleted || record.status == .active || (fate == .retired && record.status == .suspended) else { continue }
                let gone = try meet(record, fate, fate.inherited, from: id, caller, at: now, cutAt: edge, in: transaction)
                if fate == .deleted { deleted.append(gone) }
            }
            // Children first: what they made came from their parents, too.
            for record in deleted.reversed() { try Self.letGoSoon(record.id, of: record.parentId, at: now, in: transaction) }
            try marks?.end(in: transaction)
            return Identity(record: decided, lastActiveAt: seen)
        }
    }

    /// Everything that an identity created, and what that created, and so on: `mostDescendants` at most.
    private static func descendants(of id: String, in transaction: borrowing some StoreReads & ~Copyable) throws -> [String] {
        var found: [String] = []
        var next = [id]
        while let parent = next.popLast() {
            try transaction.scanKeys(Tables.identitiesByParent, prefix: OwnedKey.prefix(parent), limit: .max) { key in
                found.append(key.id)
                next.append(key.id)
                return true
            }
        }
        return found
    }

    private func meet(
        _ old: IdentityRecord, _ fate: Fate, _ reason: String?, from ancestor: String?, _ caller: Caller, at now: Timestamp,
        cutAt edge: Timestamp, in transaction: borrowing WriteTransaction
    ) throws -> IdentityRecord {
        var record = old
        record.updatedAt = now
        if fate == .deleted {
            try IdentityIndex.remove(old, in: transaction)
            try transaction.delete(Tables.identityLiveness, old.id)
            try LegacyMark.noteDeleted(old.id, in: transaction)
            try transaction.delete(Tables.identityUses, OwnedKey(old.orgId, old.id))
            try transaction.delete(Tables.identityDescendants, old.id)
        } else {
            record.status = fate == .suspended ? .suspended : .retired
            if fate == .suspended {
                record.suspendedAt = now
                record.suspendReason = reason
            }
            try IdentityIndex.put(record, replacing: old, in: transaction)
            var row =
                try transaction.get(Tables.identityLiveness, old.id)
                ?? IdentityRow(orgId: old.orgId, status: old.status, epoch: 0, cutOffAt: nil)
            row.status = record.status
            row.epoch += 1
            row.cutOffAt = clock.now()
            try transaction.put(Tables.identityLiveness, old.id, row)
        }
        try noteCutOff(old.id, at: edge, in: transaction)
        if fate != .suspended { try revokeOwnKeys(of: record, because: fate.ofKeys, by: caller, at: now, in: transaction) }
        var draft = identityDraft(fate.action, record, caller)
        draft.metadata["reason"] = reason
        draft.metadata["ancestorId"] = ancestor
        try self.record(draft, in: transaction)
        return record
    }

    /// Retires an identity as part of something larger; one that is retired already stays as it is.
    ///
    /// - Returns: whether it was not.
    func retire(
        _ id: String, because reason: String, from ancestor: String, by caller: Caller, at now: Timestamp, cutAt edge: inout Timestamp?,
        in transaction: borrowing WriteTransaction
    ) throws -> Bool {
        guard let record = try transaction.get(Tables.identities, OwnedKey(caller.principal.organisation, id)), record.status != .retired
        else { return false }
        let cut = try edge ?? cutEdge(in: transaction)
        edge = cut
        _ = try meet(record, .retired, reason, from: ancestor, caller, at: now, cutAt: cut, in: transaction)
        return true
    }

    /// The caller's organisation's identity, with what its tokens depend on.
    ///
    /// - Throws: `identity_not_found`.
    func known(
        _ id: String, _ caller: Caller, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> (IdentityRecord, IdentityRow) {
        guard Identifier.isPlausible(id, .identity),
            let record = try transaction.get(Tables.identities, OwnedKey(caller.principal.organisation, id)),
            let row = try transaction.get(Tables.identityLiveness, id)
        else { throw Self.noSuchIdentity }
        return (record, row)
    }

    func lastActive(_ record: IdentityRecord, in transaction: borrowing some StoreReads & ~Copyable) throws -> Timestamp? {
        try transaction.get(Tables.identityUses, OwnedKey(record.orgId, record.id))?.moment
    }

    func identityDraft(_ action: AuditRecord.Action, _ record: IdentityRecord, _ caller: Caller) -> AuditDraft {
        var draft = AuditDraft(action, by: caller)
        draft.identityId = record.id
        draft.workspaceId = record.workspaceId
        draft.resource = "identity"
        draft.metadata = ["name": record.name]
        return draft
    }

    private static func notReactivatable(_ id: String, _ message: String) -> AuthorityError {
        AuthorityError(.identityNotReactivatable, message, details: [("identityId", .text(id))])
    }
}
