import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    private static let attempts = 4

    /// What a look at a refresh token and its session found.
    private enum Standing: Sendable {
        /// Unknown, expired, or of a session or identity that is not live.
        case dead
        case unused(RefreshRow, SessionRecord)
        /// Used, inside the retry window, its successor unused: the sealed answer is given once more.
        case repeated(sealed: [UInt8])
        /// Used, and no mercy: the session must die.
        case reused(RefreshRow, SessionRow)
    }

    private enum Outcome: Sendable {
        case given
        case repeated(sealed: [UInt8])
        case refused
        case changed
    }

    /// Trades a refresh token for a new pair: same audience, same lives, the scopes of the issue that the identity still covers. Single
    /// use, decided where it is committed; a repeat inside the retry window gets the same answer, any other kills the session (contract
    /// §6).
    ///
    /// - Throws: `invalid_refresh_token`, `clock_unreliable`, `signing_unavailable`, `storage_unavailable`.
    package func refresh(_ presented: String, origin: RequestOrigin) async throws -> TokenPair {
        // By a clock that jumped ahead good refresh tokens have ended, and honest repeats are reuse: nothing is decided by it.
        try requireClock()
        guard let secret = RefreshSecret(presented: presented) else { return try await refreshLegacy(presented, origin: origin) }
        return try await refresh(secret, origin: origin)
    }

    /// As ``refresh(_:origin:)``, for a token of which something is on record.
    func refresh(_ secret: RefreshSecret, origin: RequestOrigin) async throws -> TokenPair {
        let hash = secret.hash
        for _ in 0..<Self.attempts {
            let now = clock.now()
            switch try read({ try standing(of: hash, at: now, in: $0) }) {
            case .dead:
                throw AuthorityError.badRefreshToken
            case .repeated(let sealed):
                return try answerAgain(sealed, by: secret)
            case .reused:
                if try await punishReuse(of: hash, origin: origin) { throw AuthorityError.badRefreshToken }
            case .unused(let row, let session):
                guard let plan = try planRefresh(session, at: now) else { throw AuthorityError.badRefreshToken }
                let signed = try await sign(plan)
                switch try await commitRefresh(signed, hash: hash, row: row, secret: secret, origin: origin) {
                case .given:
                    identityUses.note(OwnedKey(session.orgId, session.identityId), at: now)
                    return signed.pair
                case .repeated(let sealed): return try answerAgain(sealed, by: secret)
                case .refused: throw AuthorityError.badRefreshToken
                case .changed: continue
                }
            }
        }
        throw Self.unsettled
    }

    private func standing(of hash: [UInt8], at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> Standing {
        guard let row = try transaction.get(Tables.refreshTokens, hash), now < row.expiresAt,
            let liveness = try Self.liveSession(row.sessionId, at: now, in: transaction), now < liveness.endsAt,
            let session = try transaction.get(Tables.sessions, row.sessionId)
        else { return .dead }
        guard let usedAt = row.usedAt else { return .unused(row, session) }
        if settings.refreshRetryWindow > 0, isInRetryWindow(usedAt, now),
            let successor = try transaction.get(Tables.refreshTokens, row.successor), successor.usedAt == nil,
            let sealed = try transaction.get(Tables.refreshAnswers, hash)
        {
            return .repeated(sealed: sealed.bytes)
        }
        return .reused(row, liveness)
    }

    /// A use that seems to lie ahead was made by a clock that has gone back since, or by a request that read the time a moment later.
    private func isInRetryWindow(_ usedAt: Timestamp, _ now: Timestamp) -> Bool {
        let window = settings.refreshRetryWindow
        return now < usedAt.adding(seconds: window) && usedAt < now.adding(seconds: window)
    }

    /// `nil` when the identity has lost all the scopes that the session had.
    private func planRefresh(_ session: SessionRecord, at now: Timestamp) throws -> PairPlan? {
        let found = try read { transaction -> (IdentityRecord, IdentityRow)? in
            guard let record = try transaction.get(Tables.identities, OwnedKey(session.orgId, session.identityId)),
                let row = try transaction.get(Tables.identityLiveness, session.identityId)
            else { return nil }
            return (record, row)
        }
        guard let (identity, row) = found, row.status == .active, let issued = ScopeSet.trusted(stored: session.scopes),
            let held = ScopeSet.trusted(stored: identity.scopes)
        else { return nil }
        let scopes = issued.cut(to: held)
        guard issued.isEmpty || !scopes.isEmpty else { return nil }
        // As at issue, but never longer than this configuration allows: a key stays for as long as its longest token, and no longer.
        let life = min(session.accessTTL, settings.maxAccessTokenTTL)
        return PairPlan(
            identity: identity, ground: row, sessionId: session.id, tokenId: try ids.make(.token), scopes: scopes,
            audience: session.audience, issuedAt: now, accessLife: life,
            accessExpiresAt: min(now.adding(seconds: life), session.endsAt),
            refreshExpiresAt: min(now.adding(seconds: session.refreshTTL), session.endsAt))
    }

    private func commitRefresh(
        _ signed: SignedPair, hash: [UInt8], row: RefreshRow, secret: RefreshSecret, origin: RequestOrigin
    ) async throws -> Outcome {
        let plan = signed.plan
        let sealed = try sealedAnswer(signed.pair, by: secret)
        return try await write { [self] transaction in
            try requireClock()
            let now = clock.now()
            switch try standing(of: hash, at: now, in: transaction) {
            case .dead: return .refused
            case .repeated(let sealed): return .repeated(sealed: sealed)
            case .reused(let row, let session):
                try kill(row.sessionId, session, origin: origin, at: now, in: transaction)
                return .refused
            case .unused: break
            }
            guard try isStill(signed, in: transaction) else { return .changed }
            var used = row
            used.usedAt = now
            used.successor = signed.refreshHash
            try transaction.put(Tables.refreshTokens, hash, used)
            try signed.put(in: transaction)
            try keepAnswer(sealed, hash, at: now, in: transaction)
            try record(
                tokenDraft(.tokenRefreshed, actor: "identity:\(plan.identity.id)", origin: origin, plan: plan), in: transaction)
            return .given
        }
    }

    /// The answer as it is kept for the retry window; `nil` when there is no such window.
    func sealedAnswer(_ pair: TokenPair, by secret: RefreshSecret) throws -> [UInt8]? {
        guard settings.refreshRetryWindow > 0 else { return nil }
        return try AESGCM.seal(pair.packed(), key: secret.answerKey(), associatedData: secret.hash)
    }

    func keepAnswer(_ sealed: [UInt8]?, _ hash: [UInt8], at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        guard let sealed else { return }
        try transaction.put(Tables.refreshAnswers, hash, BytesRow(sealed))
        try Expiry(at: now.adding(seconds: settings.refreshRetryWindow), .refreshAnswer, hash).note(in: transaction)
    }

    /// Looks again inside the write, so that the session dies on what is true then.
    ///
    /// - Returns: false when it is no reuse then.
    private func punishReuse(of hash: [UInt8], origin: RequestOrigin) async throws -> Bool {
        try await write(.essential) { [self] transaction in
            let now = clock.now()
            guard case .reused(let row, let session) = try standing(of: hash, at: now, in: transaction) else { return false }
            try kill(row.sessionId, session, origin: origin, at: now, in: transaction)
            return true
        }
    }

    func kill(
        _ id: String, _ session: SessionRow, origin: RequestOrigin, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws {
        var dead = session
        dead.revokedAt = now
        try transaction.put(Tables.sessionLiveness, id, dead)
        try noteRevoked(session: id, dead, at: now, in: transaction)
        var draft = AuditDraft(.tokenReuseDetected, actor: "identity:\(session.identityId)", organisation: session.orgId)
        draft.result = .denied
        draft.origin = origin
        draft.identityId = session.identityId
        draft.plane = "relayauth"
        draft.resource = "session"
        draft.metadata = ["sessionId": id, "reason": "a refresh token that had been used was presented again; the session was revoked"]
        try record(draft, in: transaction)
    }

    /// The answer that was given, once more; but nothing that the identity has lost since.
    private func answerAgain(_ sealed: [UInt8], by secret: RefreshSecret) throws -> TokenPair {
        let pair = try TokenPair(packed: AESGCM.open(sealed, key: secret.answerKey(), associatedData: secret.hash))
        let isHeld = try read { transaction in
            guard let token = try transaction.get(Tables.tokens, pair.tokenId) else { return true }
            guard let given = ScopeSet.trusted(stored: token.scopes),
                let identity = try transaction.get(Tables.identities, OwnedKey(token.orgId, token.identityId))
            else { return false }
            return try given.isSubset(of: Self.scopes(of: identity))
        }
        guard isHeld else { throw AuthorityError.badRefreshToken }
        return pair
    }
}
