import LatchkeyVerifier

/// What a token that the legacy key signed says of its bearer. Of tokens from elsewhere nothing is on record here, so this is what their
/// liveness is decided on.
package struct LegacyBearer: Sendable, Equatable {
    /// `kid` of the key that signed it.
    let keyId: String
    /// `jti`; empty when it has none that can be used.
    let tokenId: String
    /// `sid`; empty when it has none that can be used.
    let sessionId: String
    let subject: String
    let organisation: String
    /// `iat`; 1970 when it has none.
    let issuedAt: Timestamp
    let expiresAt: Timestamp
    /// Whether the subject is an identity of this install.
    var isKnown = false

    init(_ token: VerifiedToken) {
        let claims = token.claims
        keyId = token.keyId
        tokenId = Self.id(claims.tokenId)
        sessionId = Self.id(claims.sessionId)
        subject = claims.subject
        organisation = claims.organisation
        issuedAt = Timestamp(seconds: claims.issuedAt)
        expiresAt = Timestamp(seconds: claims.expiresAt)
    }

    /// What no id looks like, as in the log or an index, is none.
    private static func id(_ text: String) -> String {
        text.utf8.count <= 128 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : ""
    }
}
