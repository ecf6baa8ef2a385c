import LatchkeyStore
import LatchkeyVerifier

extension LegacyBearer {
    /// What a token from the legacy key is worth.
    enum Standing: Equatable {
        /// - Parameters:
        ///   - root: what mints are counted on.
        ///   - isKnown: whether the subject is an identity of this install.
        case live(root: String, isKnown: Bool)
        /// It, its session or its identity is not live.
        case dead
        /// The cutover does not take it: no such organisation, or it outlives what the old issuer was said to issue.
        case foreign
    }

    /// What an access token is worth. Everything that is on record here about it is asked; what is not on record can't speak against it.
    ///
    /// - Parameter record: the cutover, in a phase that takes legacy tokens.
    func standing(
        _ record: CutoverRecord, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> Standing {
        guard record.kid == keyId else { return .foreign }
        if Identifier.isPlausible(tokenId, .token), let token = try transaction.get(Tables.tokens, tokenId) {
            return try issuedHere(token, at: now, in: transaction)
        }
        // One of this install's that is on no record any more died with everything from before a restore.
        if let made = Identifier.moment(of: tokenId, .token),
            try made <= Timestamp(milliseconds: Int64(clamping: TrustNumber.everything.last(in: transaction)))
        {
            return .dead
        }
        // The gate to `sunset` counts on it that no token from elsewhere lives longer.
        guard expiresAt <= record.elsewhereUntil else { return .foreign }
        return try standingElsewhere(at: now, in: transaction)
    }

    /// What is on record of the organisation, the identity and the session that a token from elsewhere names.
    func standingElsewhere(at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> Standing {
        guard Identifier.isPlausible(organisation, .organisation), try transaction.contains(Tables.organisations, organisation) else {
            return .foreign
        }
        var (root, isKnown) = (subject, false)
        switch try identity(in: transaction) {
        case .unknown: break
        case .dead: return .dead
        case .live(let its): (root, isKnown) = (its, true)
        }
        if Identifier.isPlausible(sessionId, .session), let session = try transaction.get(Tables.sessionLiveness, sessionId) {
            guard session.identityId == subject, session.orgId == organisation,
                try Authority.liveSession(sessionId, at: now, in: transaction) != nil
            else { return .dead }
            root = session.rootId
        }
        return .live(root: root, isKnown: isKnown)
    }

    private func issuedHere(
        _ token: TokenRow, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> Standing {
        guard token.keyId == keyId, token.orgId == organisation,
            let root = try Authority.liveRoot(
                tokenId: tokenId, sessionId: sessionId, identityId: subject, at: now, in: transaction)
        else { return .dead }
        return .live(root: root, isKnown: true)
    }

    private enum KnownIdentity {
        /// Nobody of that id was ever known here.
        case unknown
        /// Somebody is or was, and the token does not count for them.
        case dead
        case live(root: String)
    }

    private func identity(in transaction: borrowing some StoreReads & ~Copyable) throws -> KnownIdentity {
        guard Identifier.isPlausible(subject, .identity) else { return .unknown }
        guard let row = try transaction.get(Tables.identityLiveness, subject) else {
            return try transaction.contains(Tables.legacySpent, LegacyMark.deleted(subject)) ? .dead : .unknown
        }
        // Whole seconds: a token of the second in which everything was cut off is from before.
        guard row.orgId == organisation, row.status == .active, row.cutOffAt.map({ $0 < issuedAt }) ?? true,
            let identity = try transaction.get(Tables.identities, OwnedKey(organisation, subject))
        else { return .dead }
        return .live(root: identity.rootId)
    }
}
