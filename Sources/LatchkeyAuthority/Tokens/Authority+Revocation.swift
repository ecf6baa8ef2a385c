import LatchkeyStore
import LatchkeyVerifier

/// What a revocation names.
package enum RevocationTarget: Sendable {
    /// One access token, by its `jti`.
    case token(String)
    /// All tokens of one session.
    case session(String)
    /// All tokens of one identity that were issued until now.
    case identity(String)
}

extension Authority {
    private static let nothingToRevoke = AuthorityError(.tokenNotFound, "nothing was found to revoke in your organisation")

    /// Revokes; effective everywhere here once this returns. What is revoked already stays as it is.
    ///
    /// - Parameter marks: learn the numbers of what was revoked.
    /// - Throws: `token_not_found`, also for another organisation's; `storage_unavailable`.
    package func revoke(_ target: RevocationTarget, marking marks: RevocationMarks? = nil, by caller: Caller) async throws {
        try caller.requireOwn()
        let principal = caller.principal
        let now = clock.now()
        try await write(.essential) { [self] transaction in
            try marks?.begin(in: transaction)
            var draft = AuditDraft(.tokenRevoked, by: caller)
            draft.resource = "token"
            switch target {
            case .token(let id):
                guard Identifier.isPlausible(id, .token), var row = try transaction.get(Tables.tokens, id),
                    row.orgId == principal.organisation
                else {
                    throw Self.nothingToRevoke
                }
                guard row.revokedAt == nil else {
                    try marks?.find(.token, id, in: transaction)
                    return
                }
                row.revokedAt = now
                try Self.requireLive(principal, at: now, in: transaction)
                try transaction.put(Tables.tokens, id, row)
                try RevocationLog.note(RevocationLog.token(id, row), at: now, in: transaction)
                draft.identityId = row.identityId
                draft.metadata = ["tokenId": id, "sessionId": row.sessionId]
            case .session(let id):
                guard Identifier.isPlausible(id, .session), var row = try transaction.get(Tables.sessionLiveness, id),
                    row.orgId == principal.organisation
                else { throw Self.nothingToRevoke }
                guard row.revokedAt == nil else {
                    try marks?.find(.session, id, in: transaction)
                    return
                }
                row.revokedAt = now
                try Self.requireLive(principal, at: now, in: transaction)
                try transaction.put(Tables.sessionLiveness, id, row)
                try noteRevoked(session: id, row, at: now, in: transaction)
                draft.identityId = row.identityId
                draft.metadata = ["sessionId": id]
            case .identity(let id):
                guard Identifier.isPlausible(id, .identity), var row = try transaction.get(Tables.identityLiveness, id),
                    row.orgId == principal.organisation
                else { throw Self.nothingToRevoke }
                try Self.requireLive(principal, at: now, in: transaction)
                let edge = try cutEdge(in: transaction)
                row.epoch += 1
                row.cutOffAt = clock.now()
                try transaction.put(Tables.identityLiveness, id, row)
                try noteCutOff(id, at: edge, in: transaction)
                draft.identityId = id
                draft.metadata = ["all": "every token issued until now"]
            }
            try record(draft, in: transaction)
            try marks?.end(in: transaction)
        }
    }

    /// Whether a `jti` is revoked or expired. One that is not known here is revoked, because it can't be shown to be good; but while a cutover
    /// takes tokens from elsewhere it may well be one of those (contract §3).
    package func isRevoked(tokenId: String) throws -> Bool {
        let now = clock.now()
        let cutover = keys.ring.cutover
        let takesLegacy = cutover?.phase.verifiesLegacy ?? false
        return try read { transaction in
            guard Identifier.isPlausible(tokenId, .token), let token = try transaction.get(Tables.tokens, tokenId) else {
                return try !takesLegacy || transaction.contains(Tables.legacySpent, LegacyMark.spent(tokenId))
            }
            guard now < token.expiresAt, takesLegacy || token.keyId != cutover?.kid else { return true }
            return try Self.liveRoot(
                tokenId: tokenId, sessionId: token.sessionId, identityId: token.identityId, at: now, in: transaction) == nil
        }
    }
}
