/// What a token whose signature is good must say besides. The one implementation of these checks, for the daemon and for every offline
/// verifier.
public struct TokenPolicy: Sendable {
    /// The issuer that `iss` must equal; `nil` takes any.
    public var issuer: String?
    /// `aud` must hold one of these; `nil` takes any, an empty list none.
    public var audiences: [String]?
    /// How far two clocks may be apart, in seconds. A verifier with a trust bundle takes no more than `standardSkew`.
    public var clockSkew: Int64

    /// Seconds (contract §6).
    public static let standardSkew: Int64 = 60

    public init(issuer: String? = nil, audiences: [String]? = nil, clockSkew: Int64 = standardSkew) {
        self.issuer = issuer
        self.audiences = audiences
        self.clockSkew = clockSkew
    }

    /// Holds claims against this policy at a moment that the caller read once.
    ///
    /// What makes the token unusable here for ever (type, issuer, audience) is told before its times, so that an expired token of somebody
    /// else's is never called merely expired.
    public func check(_ claims: Claims, at now: Timestamp) throws(VerificationError) {
        try check(claims, tokenType: "access", issuer: issuer, at: now)
    }

    /// As above, for a token whose key is known: one that the legacy key signed must come from that key's issuer, whatever this policy says.
    package func check(_ token: VerifiedToken, tokenType: String = "access", at now: Timestamp) throws(VerificationError) {
        try check(token.claims, tokenType: tokenType, issuer: token.legacy?.issuer ?? issuer, at: now)
    }

    private func check(_ claims: Claims, tokenType: String, issuer: String?, at now: Timestamp) throws(VerificationError) {
        guard claims.tokenType.utf8.elementsEqual(tokenType.utf8) else {
            throw VerificationError(.tokenType, "the token is no \(tokenType) token")
        }
        if let issuer, !claims.issuer.utf8.elementsEqual(issuer.utf8) {
            throw VerificationError(.issuer, "the token comes from the issuer \(claims.issuer), not from \(issuer)")
        }
        if let audiences, !claims.audience.contains(where: { has in audiences.contains { has.utf8.elementsEqual($0.utf8) } }) {
            throw VerificationError(
                .audience, "the token is for \(claims.audience.joined(separator: ", ")), not for \(audiences.joined(separator: ", "))")
        }
        let seconds = now.seconds
        if let notBefore = claims.notBefore, notBefore - clockSkew > seconds {
            throw VerificationError(.notYetValid, "the token is not valid before \(Timestamp(seconds: notBefore))")
        }
        guard claims.issuedAt - clockSkew <= seconds else {
            throw VerificationError(
                .notYetValid, "the token was issued at \(Timestamp(seconds: claims.issuedAt)), which is still to come by this clock")
        }
        guard seconds < claims.expiresAt + clockSkew else {
            throw VerificationError(.expired, "the token expired at \(Timestamp(seconds: claims.expiresAt))")
        }
    }
}
