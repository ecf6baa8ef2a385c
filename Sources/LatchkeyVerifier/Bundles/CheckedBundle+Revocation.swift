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
        guard let cutOff = edge(of: claims.subject), made <= cutOff.milliseconds else { return }
        throw Self.cutOff(claims, cutOff)
    }

    /// The last millisecond of an id of a token that is dead.
    private func edge(of subject: String) -> Timestamp? { [contents.cutOffs[subject], contents.cutOffForAll].compactMap(\.self).max() }

    /// What another issuer signed is on no record: its organisation, its subject and the end of the cutover decide. A `jti` of this install's
    /// form is that of a token that was issued here, and tells when.
    private func checkLegacyTerms(_ claims: Claims, _ tokenId: ULID?) throws(VerificationError) {
        guard let terms = contents.legacy else {
            throw VerificationError(.revoked, "no token of the legacy key is accepted")
        }
        guard Timestamp(seconds: claims.expiresAt) <= (tokenId == nil ? terms.elsewhereUntil : terms.until) else {
            throw VerificationError(.revoked, "no token of the legacy key that lives for so long is accepted")
        }
        guard terms.organisations.contains(claims.organisation) else {
            throw VerificationError(.revoked, "the organisation \(claims.organisation) is none of this install")
        }
        if tokenId != nil { try checkCutOff(claims, tokenId) }
        let issuedAt = tokenId.map { Timestamp(milliseconds: Int64($0.milliseconds)) } ?? Timestamp(seconds: claims.issuedAt)
        guard let cutOff = terms.subjects[claims.subject], issuedAt <= cutOff else { return }
        // Of what was issued here to somebody who is active, the ids have said already on which side of the cut-off it is.
        if tokenId != nil, cutOff != terms.until, edge(of: claims.subject) != nil { return }
        throw Self.cutOff(claims, cutOff)
    }

    private static func cutOff(_ claims: Claims, _ moment: Timestamp) -> VerificationError {
        VerificationError(.revoked, "all that was issued to \(claims.subject) up to \(moment) was revoked")
    }
}
