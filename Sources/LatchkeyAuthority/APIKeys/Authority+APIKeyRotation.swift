package import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Seconds that a replaced key may live on, at most.
    private static let longestOverlap: Double = 7 * 86_400

    /// Replaces a key by a new one of the same name, kind, owner, scopes and end. The old one dies at once, or after the overlap.
    ///
    /// - Parameter overlapSeconds: 0 to 7 days.
    /// - Throws: `invalid_request` (overlapSeconds), `api_key_not_found`, `not_key_owner`, `scope_escalation`, `api_key_not_active`,
    ///   `rate_limited`, `clock_unreliable`, `storage_unavailable`.
    package func rotateAPIKey(_ id: String, overlapSeconds: Double?, by caller: Caller) async throws -> (key: APIKey, secret: Secret) {
        let asked = overlapSeconds ?? 0
        guard (0...Self.longestOverlap).contains(asked), asked.rounded() == asked else {
            throw AuthorityError.invalid("overlapSeconds", "overlapSeconds must be a whole number from 0 to \(Int(Self.longestOverlap))")
        }
        let overlap = Int64(asked)
        try caller.requireOwn()
        let principal = caller.principal
        let place = try apiKeyPlace(id, principal)
        let now = clock.now()
        guard let found = try read({ try $0.get(Tables.apiKeys, place) }) else { throw Self.noSuchKey }
        try requireOwner(of: found, caller)
        guard let scopes = ScopeSet.trusted(stored: found.scopes) else {
            throw StoreError(.undecodable, "an API key's scopes are not of their form")
        }
        try requireCover(of: scopes, by: caller, isBounded: found.identityId == nil)
        let secret = try APIKeySecret.make()
        let newId = try ids.make(.apiKey)
        let record = try await write { [self] transaction -> APIKeyRecord in
            guard var old = try transaction.get(Tables.apiKeys, place) else { throw Self.noSuchKey }
            if old.identityId == nil {
                try Self.requireLive(principal, handing: scopes, at: now, in: transaction)
            } else {
                try Self.requireLive(principal, at: now, in: transaction)
            }
            try Self.requireActive(old, at: now)
            try chargeMint(caller, of: scopes, at: now, in: transaction)
            try requireClock()
            let new = APIKeyRecord(
                id: newId, orgId: old.orgId, prefix: secret.prefix, name: old.name, kind: old.kind, scopes: old.scopes, createdAt: now,
                createdBy: principal.label, makerId: principal.makerId, rootId: principal.rootId ?? newId, identityId: old.identityId,
                replaces: old.id, expiresAt: old.isReplaced ? old.endBefore : old.expiresAt)
            try put(new, hash: secret.hash, by: principal, in: transaction)
            try Self.noteReplacing(new.id, of: old.id, in: transaction)
            let end = now.adding(seconds: overlap)
            if overlap == 0 {
                old.revokedAt = now
                old.revokeReason = "rotated"
                try update(old, in: transaction)
            } else {
                try APIKeyEnd.forget(old, in: transaction)
                old.replace(by: newId, at: now, endingAt: end)
                try APIKeyEnd.note(old, isTold: false, in: transaction)
                try update(old, in: transaction)
            }
            var draft = keyDraft(.apiKeyRotated, new, caller)
            draft.metadata["replaces"] = old.id
            draft.metadata["replacesPrefix"] = old.prefix
            draft.metadata["overlapSeconds"] = String(overlap)
            try self.record(draft, in: transaction)
            return new
        }
        return (APIKey(record: record, lastUsedAt: nil), secret.text)
    }

    /// A self-service key is its identity's own.
    private func requireOwner(of key: APIKeyRecord, _ caller: Caller) throws(AuthorityError) {
        guard let owner = key.identityId, caller.principal.identityId != owner else { return }
        throw AuthorityError(
            .notKeyOwner, "a self-service key is rotated by the identity that it acts as; revoke it, and let the identity make a new one")
    }

    private static func requireActive(_ key: APIKeyRecord, at now: Timestamp) throws(AuthorityError) {
        guard key.isLive(at: now) else {
            throw AuthorityError(.apiKeyNotActive, "this key has been revoked or has expired; mint a new one")
        }
    }
}
