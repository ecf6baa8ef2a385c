import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

/// A plan whose access token is signed and whose refresh token is made, and which is not worth anything before its rows are committed.
struct SignedPair: Sendable {
    let plan: PairPlan
    let pair: TokenPair
    let keyId: String
    let isRSA: Bool
    let refreshHash: [UInt8]

    /// Puts the rows that make both tokens live.
    func put(in transaction: borrowing WriteTransaction) throws {
        if isRSA {
            if try !transaction.contains(Tables.signer, SignerRow.rsaUsed) {
                try transaction.put(Tables.signer, SignerRow.rsaUsed, TextRow(keyId))
            }
        } else {
            try ClockRow.noteLegacyExpiry(plan.accessExpiresAt, in: transaction)
        }
        try transaction.put(
            Tables.tokens, plan.tokenId,
            TokenRow(
                orgId: plan.identity.orgId, identityId: plan.identity.id, sessionId: plan.sessionId, keyId: keyId, issuedAt: plan.issuedAt,
                expiresAt: plan.accessExpiresAt, revokedAt: nil, scopes: plan.scopes.texts, audience: plan.audience))
        try transaction.put(Tables.tokensByIdentity, OwnedKey(plan.identity.id, plan.tokenId), EmptyRow())
        try transaction.put(
            Tables.refreshTokens, refreshHash,
            RefreshRow(sessionId: plan.sessionId, expiresAt: plan.refreshExpiresAt, usedAt: nil, successor: []))
        try Expiry.token(plan.tokenId, until: plan.accessExpiresAt).note(in: transaction)
        try Expiry.refreshToken(refreshHash, until: plan.refreshExpiresAt).note(in: transaction)
    }
}

extension Authority {
    /// Bytes of a token without its signature. A token has to fit into the head of a request (16 KiB, contract §1) with room for the rest of it.
    private static let largestSigningInput = 12 * 1024

    /// Signs a plan on the signing pool.
    ///
    /// - Throws: `signing_unavailable` when no key can sign; `clock_unreliable`; `invalid_request` for a token that would be too large to be presented.
    func sign(_ plan: PairPlan) async throws -> SignedPair {
        let snapshot = try committedKeys()
        try requireClock()
        guard case .success(let signer) = snapshot.signer else { throw SignerProblem.told }
        let refresh = try RefreshSecret.make()
        var header = JSONWriter(capacity: 96)
        header.object { writer in
            writer.member("alg", signer.algorithm)
            writer.member("typ", "JWT")
            writer.member("kid", signer.kid)
        }
        let input = CompactJWS.signingInput(header: header.bytes, payload: plan.claims(issuer: signer.issuer(settings)).json())
        guard input.count <= Self.largestSigningInput else {
            throw AuthorityError.invalid(
                "scopes", "a token with these scopes would be too large to be sent in a header; ask for fewer or shorter ones")
        }
        let token =
            switch signer {
            case .rsa(_, let key): CompactJWS.assemble(signingInput: input, signature: try await signing.sign(input, with: key))
            case .legacy(let key): key.sign(input)
            }
        let pair = TokenPair(
            accessToken: Secret(copying: Array(token.utf8)),
            refreshToken: refresh.text,
            accessTokenExpiresAt: Timestamp(seconds: plan.accessExpiresAt.seconds), refreshTokenExpiresAt: plan.refreshExpiresAt,
            tokenId: plan.tokenId,
            sessionId: plan.sessionId)
        return SignedPair(plan: plan, pair: pair, keyId: signer.kid, isRSA: signer.isRSA, refreshHash: refresh.hash)
    }

    /// Whether a pair that was signed a moment ago may still be handed out: its identity is what the plan was made on, its key is the one that
    /// signs, and its time has not gone by. Otherwise all is decided anew.
    ///
    /// - Throws: `clock_unreliable`.
    func isStill(_ signed: SignedPair, in transaction: borrowing WriteTransaction) throws -> Bool {
        try isCurrent(signed, in: transaction) && isGround(signed.plan.identity, signed.plan.ground, in: transaction)
    }

    /// As ``isStill(_:in:)``, for an identity that is made in the same commit.
    func isCurrent(_ signed: SignedPair, in transaction: borrowing WriteTransaction) throws -> Bool {
        try requireClock()
        return try clock.now() < signed.plan.accessExpiresAt
            && transaction.get(Tables.signer, SignerRow.current)?.text == signed.keyId
    }
}
