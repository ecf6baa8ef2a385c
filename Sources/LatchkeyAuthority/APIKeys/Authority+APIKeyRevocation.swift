import LatchkeyStore
import LatchkeyVerifier

/// What died with a key.
package struct RevokedDescendants: Sendable, Equatable {
    package var keys = 0
    package var identities = 0
    package var sessions = 0
}

extension Authority {
    /// Revokes a key; it authenticates nothing from the moment of the commit. Revoking again changes nothing.
    ///
    /// - Parameters:
    ///   - reachesDescendants: also every key, identity and session that came from it, in the same commit; also when the key itself was revoked
    ///     before.
    ///   - marks: learn the numbers of what was revoked with it.
    /// - Returns: the key, and what died with it that was alive.
    /// - Throws: `invalid_request` (reason), `api_key_not_found`, `storage_unavailable`.
    package func revokeAPIKey(
        _ id: String, reason: String?, reachesDescendants: Bool = false, marking marks: RevocationMarks? = nil, by caller: Caller
    ) async throws -> (key: APIKey, descendants: RevokedDescendants?) {
        let reason = try reason.map { try DisplayText.normalised($0, field: "reason", scalars: 1...500) }
        try caller.requireOwn()
        let place = try apiKeyPlace(id, caller.principal)
        let now = clock.now()
        return try await write(.essential) { [self] transaction in
            try marks?.begin(reachingIdentities: reachesDescendants, in: transaction)
            guard var record = try transaction.get(Tables.apiKeys, place) else { throw Self.noSuchKey }
            let lastUsedAt = try transaction.get(Tables.apiKeyUses, place)?.moment
            let wasLive = record.revokedAt == nil
            guard wasLive || reachesDescendants else { return (APIKey(record: record, lastUsedAt: lastUsedAt), nil) }
            try Self.requireLive(caller.principal, at: now, in: transaction)
            let descendants =
                reachesDescendants
                ? try revoke(Self.lineage(of: id, in: transaction), of: record, marks, by: caller, at: now, in: transaction) : nil
            if wasLive {
                record.revokedAt = now
                record.revokeReason = reason
                try end(record, at: now, in: transaction)
            }
            if wasLive || descendants != RevokedDescendants() {
                var draft = keyDraft(.apiKeyRevoked, record, caller)
                draft.metadata["reason"] = reason
                if let descendants {
                    draft.metadata["revokedKeys"] = String(descendants.keys)
                    draft.metadata["retiredIdentities"] = String(descendants.identities)
                    draft.metadata["revokedSessions"] = String(descendants.sessions)
                }
                try self.record(draft, in: transaction)
            }
            try marks?.end(in: transaction)
            return (APIKey(record: record, lastUsedAt: lastUsedAt), descendants)
        }
    }

    private func revoke(
        _ lineage: Lineage, of root: APIKeyRecord, _ marks: RevocationMarks?, by caller: Caller, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws -> RevokedDescendants {
        var revoked = RevokedDescendants()
        for id in lineage.keys {
            guard let key = try transaction.get(Tables.apiKeys, OwnedKey(root.orgId, id)), key.revokedAt == nil else { continue }
            if key.isLive(at: now) { revoked.keys += 1 }
            try revoke(key, because: "ancestor_revoked", from: root.id, by: caller, at: now, in: transaction)
        }
        for id in lineage.sessions {
            guard var session = try transaction.get(Tables.sessionLiveness, id), session.orgId == root.orgId else { continue }
            if let revokedAt = session.revokedAt {
                marks?.noteEarlier(at: revokedAt, until: min(session.endsAt, revokedAt.adding(seconds: Self.longestLife)))
                continue
            }
            let isLive = try Self.liveSession(id, at: now, in: transaction) != nil
            session.revokedAt = now
            try transaction.put(Tables.sessionLiveness, id, session)
            guard isLive else {
                marks?.noteEarlier(cutOffAt: try transaction.get(Tables.identityLiveness, session.identityId)?.cutOffAt, at: now)
                continue
            }
            try noteRevoked(session: id, session, at: now, in: transaction)
            revoked.sessions += 1
            var draft = AuditDraft(.tokenRevoked, by: caller)
            draft.resource = "token"
            draft.identityId = session.identityId
            draft.metadata = ["sessionId": id, "reason": "ancestor_revoked", "ancestorId": root.id]
            try record(draft, in: transaction)
        }
        var edge: Timestamp?
        for id in lineage.identities {
            if try retire(id, because: "ancestor_revoked", from: root.id, by: caller, at: now, cutAt: &edge, in: transaction) {
                revoked.identities += 1
            } else {
                marks?.noteEarlier(cutOffAt: try transaction.get(Tables.identityLiveness, id)?.cutOffAt, at: now)
            }
        }
        return revoked
    }

    /// Revokes the self-service keys of an identity that is gone for good.
    func revokeOwnKeys(
        of identity: IdentityRecord, because reason: String, by caller: Caller, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws {
        for id in try Self.made(by: identity.id, .apiKey, in: transaction) {
            guard let key = try transaction.get(Tables.apiKeys, OwnedKey(identity.orgId, id)), key.identityId == identity.id,
                key.revokedAt == nil
            else { continue }
            try revoke(key, because: reason, from: identity.id, by: caller, at: now, in: transaction)
        }
    }

    /// Writes a key that has just been revoked. The one that it replaced, if that lives still, has no successor any more.
    func end(_ key: APIKeyRecord, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        try update(key, in: transaction)
        guard let id = key.replaces, let old = try transaction.get(Tables.apiKeys, OwnedKey(key.orgId, id)), old.isLive(at: now),
            old.replacedBy == key.id
        else { return }
        try APIKeyEnd.noteAgain(old, at: now, in: transaction)
    }

    /// Revokes a key as part of something larger.
    private func revoke(
        _ old: APIKeyRecord, because reason: String, from ancestor: String, by caller: Caller, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws {
        var key = old
        key.revokedAt = now
        key.revokeReason = reason
        try end(key, at: now, in: transaction)
        var draft = keyDraft(.apiKeyRevoked, key, caller)
        draft.metadata["reason"] = reason
        draft.metadata["ancestorId"] = ancestor
        try record(draft, in: transaction)
    }
}
