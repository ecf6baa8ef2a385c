import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

/// The refresh tokens of the old issuer, which are JWTs: each is exchanged once, for a session of the new kind.
extension Authority {
    private static let attempts = 4
    /// What the old issuer wrote into every refresh token in place of the scopes of its session.
    private static let refreshMarks: Set<String> = ["relayauth:token:refresh", "relayauth:token:refresh:*"]

    /// What is on record of a legacy refresh token.
    private enum LegacyRefresh: Sendable {
        /// Not one that can be taken.
        case refused
        /// It has been exchanged: from here on it is as any refresh token that was used.
        case taken
        /// Another token with its `jti` has been exchanged, for this session.
        case spent(String)
        case unused
    }

    /// Trades a legacy refresh token of a known, active identity for a pair of the new kind. Its `jti` is spent in the same commit; a repeat is
    /// dealt with as with any refresh token (contract §6).
    ///
    /// - Throws: `invalid_refresh_token`, `clock_unreliable`, `signing_unavailable`, `storage_unavailable`.
    func refreshLegacy(_ presented: String, origin: RequestOrigin) async throws -> TokenPair {
        guard let token = goodLegacyRefreshToken(presented, origin) else { throw AuthorityError.badRefreshToken }
        let bearer = LegacyBearer(token)
        let secret = RefreshSecret(legacy: presented)
        let hash = secret.hash
        for _ in 0..<Self.attempts {
            let now = clock.now()
            switch try read({ try legacyRefresh(bearer, hash, at: now, in: $0) }) {
            case .refused:
                throw AuthorityError.badRefreshToken
            case .taken:
                return try await refresh(secret, origin: origin)
            case .spent:
                try await punishSpent(bearer, hash, origin: origin)
                throw AuthorityError.badRefreshToken
            case .unused:
                guard let plan = try planLegacyRefresh(token) else { throw AuthorityError.badRefreshToken }
                let signed = try await sign(plan)
                guard try await commitLegacyRefresh(signed, bearer, secret, origin: origin) else { continue }
                identityUses.note(OwnedKey(bearer.organisation, bearer.subject), at: now)
                return signed.pair
            }
        }
        throw Self.unsettled
    }

    private func goodLegacyRefreshToken(_ presented: String, _ origin: RequestOrigin) -> VerifiedToken? {
        guard let token = try? verifiedSignature(of: presented, from: origin.address), token.legacy != nil,
            !LegacyBearer(token).tokenId.isEmpty,
            (try? policy(nil).check(token, tokenType: "refresh", at: clock.now())) != nil
        else { return nil }
        return token
    }

    private func legacyRefresh(
        _ bearer: LegacyBearer, _ hash: [UInt8], at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> LegacyRefresh {
        guard let record = try transaction.get(Tables.cutover, CutoverRecord.key), record.phase.verifiesLegacy, record.kid == bearer.keyId,
            now < bearer.expiresAt
        else { return .refused }
        if try transaction.contains(Tables.refreshTokens, hash) { return .taken }
        if let session = try transaction.get(Tables.legacySpent, LegacyMark.spent(bearer.tokenId)) { return .spent(session.text) }
        guard case .live(_, isKnown: true) = try bearer.standingElsewhere(at: now, in: transaction) else { return .refused }
        return .unused
    }

    /// `nil` when the identity has lost all the scopes that the token names, or is not there any more.
    private func planLegacyRefresh(_ token: VerifiedToken) throws -> PairPlan? {
        let claims = token.claims
        let found = try read { transaction -> (IdentityRecord, IdentityRow, OrganisationRules)? in
            guard let record = try transaction.get(Tables.identities, OwnedKey(claims.organisation, claims.subject)),
                let row = try transaction.get(Tables.identityLiveness, claims.subject), row.status == .active
            else { return nil }
            return (record, row, OrganisationRules(try organisationRecord(claims.organisation, in: transaction), settings))
        }
        guard let (identity, row, rules) = found else { return nil }
        let held = try Self.scopes(of: identity)
        let named = claims.scopes.filter { !Self.refreshMarks.contains($0) }
        // Without scopes of its own the token stands for all that its identity holds, as it did at the old issuer.
        let saysNothing = named.isEmpty && (token.legacy?.namesScopes == false || !claims.scopes.isEmpty)
        let granted = saysNothing ? held : legacyScopes(named).cut(to: held)
        guard saysNothing || named.isEmpty || !granted.isEmpty else { return nil }
        return try plan(identity, row, rules, granted, audience: nil, life: nil)
    }

    /// - Returns: false when something changed since the plan was made, so that all is looked at again.
    private func commitLegacyRefresh(
        _ signed: SignedPair, _ bearer: LegacyBearer, _ secret: RefreshSecret, origin: RequestOrigin
    ) async throws -> Bool {
        let plan = signed.plan
        let hash = secret.hash
        let sealed = try sealedAnswer(signed.pair, by: secret)
        var known = bearer
        known.isKnown = true
        let principal = Principal(
            kind: .legacyToken(known), organisation: bearer.organisation, scopes: plan.scopes, rootId: plan.identity.rootId,
            label: "identity:\(bearer.subject)")
        let caller = Caller(principal, origin)
        return try await write { [self] transaction in
            let now = clock.now()
            guard case .unused = try legacyRefresh(bearer, hash, at: now, in: transaction), try isStill(signed, in: transaction) else {
                return false
            }
            let spent = LegacyMark.spent(bearer.tokenId)
            try transaction.put(Tables.legacySpent, spent, TextRow(plan.sessionId))
            try transaction.put(
                Tables.refreshTokens, hash,
                RefreshRow(sessionId: plan.sessionId, expiresAt: bearer.expiresAt, usedAt: now, successor: signed.refreshHash))
            try Expiry.legacySpent(spent, until: bearer.expiresAt).note(in: transaction)
            try Expiry.refreshToken(hash, until: bearer.expiresAt).note(in: transaction)
            try keepAnswer(sealed, hash, at: now, in: transaction)
            try startSession(
                signed, caller: caller, .tokenRefreshed, note: ["legacyTokenId": bearer.tokenId], in: transaction)
            return true
        }
    }

    /// Two tokens with one `jti` are reuse: what came of the first one dies.
    private func punishSpent(_ bearer: LegacyBearer, _ hash: [UInt8], origin: RequestOrigin) async throws {
        try await write(.essential) { [self] transaction in
            let now = clock.now()
            guard case .spent(let id) = try legacyRefresh(bearer, hash, at: now, in: transaction),
                let session = try Self.liveSession(id, at: now, in: transaction)
            else { return }
            try kill(id, session, origin: origin, at: now, in: transaction)
        }
    }
}
