extension CheckedBundle {
    /// Whether anything in the bundle speaks against a token whose signature and claims are good.
    ///
    /// - Throws: `.revoked`.
    func checkLiveness(of token: VerifiedToken) throws(VerificationError) {
        let claims = token.claims
        let tokenId = ULID(id: claims.tokenId, prefix: BundleContents.tokenPrefix)
        if let tokenId, contents.revokedTokens.contains(tokenId) {
            throw VerificationError(.revoked, "the token \(claims.tokenId) was revoked")
        }
        if let sessionId = ULID(id: claims.sessionId, prefix: BundleContents.sessionPrefix), contents.revokedSessions.contains(sessionId) {
            throw VerificationError(.revoked, "the session \(claims.sessionId) of the token was revoked")
        }
        if token.legacy == nil {
            try checkCutOff(claims, tokenId)
        } else {
            try checkLegacyTerms(claims, tokenId)
        }
    }

    /// By the moment in the token's id; a token without one is from before every cut-off.
    private func checkCutOff(_ claims: Claims, _ tokenId: ULID?) throws(VerificationError) {
        let made = tokenId.map { Int64($0.milliseconds) } ?? .min
        for name in [claims.subject, BundleContents.everyIdentity] {
            guard let cutOff = contents.cutOffs[name], made <= cutOff.milliseconds else { continue }
            throw VerificationError(.revoked, "all that was issued to \(claims.subject) up to \(cutOff) was revoked")
        }
    }

    /// What another issuer signed is on no record: its subject's cut-off and the end of the cutover decide.
    private func checkLegacyTerms(_ claims: Claims, _ tokenId: ULID?) throws(VerificationError) {
        guard let terms = contents.legacy, Timestamp(seconds: claims.expiresAt) <= terms.until else {
            throw VerificationError(.revoked, "no token of the legacy key that lives for so long is accepted")
        }
        guard let cutOff = terms.subjects[claims.subject], Timestamp(seconds: claims.issuedAt) <= cutOff,
            !isLater(claims, tokenId, than: cutOff)
        else { return }
        throw VerificationError(.revoked, "all that was issued to \(claims.subject) up to \(cutOff) was revoked")
    }

    /// `iat` has whole seconds. Of the very second of a cut-off the token's id tells, where it is one of this install's kind, which side it is
    /// on.
    private func isLater(_ claims: Claims, _ tokenId: ULID?, than cutOff: Timestamp) -> Bool {
        let edge = [contents.cutOffs[claims.subject], contents.cutOffs[BundleContents.everyIdentity]].compactMap(\.self).max()
        guard claims.issuedAt == cutOff.seconds, let tokenId, let edge else { return false }
        return Int64(tokenId.milliseconds) > edge.milliseconds
    }
}
