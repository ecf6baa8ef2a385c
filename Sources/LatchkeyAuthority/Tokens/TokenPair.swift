package import LatchkeyCrypto
package import LatchkeyVerifier

/// What an issue or a refresh gives. Both tokens are secrets: they leave in one answer and are kept nowhere.
package struct TokenPair: Sendable {
    package let accessToken: Secret
    package let refreshToken: Secret
    package let accessTokenExpiresAt: Timestamp
    package let refreshTokenExpiresAt: Timestamp
    package let tokenId: String
    package let sessionId: String
}

/// What an issue asks for.
package struct TokenRequest: Sendable {
    package var identityId: String
    /// Absent or empty: the identity's scopes that the caller covers.
    package var scopes: [String]?
    package var audience: [String]?
    /// Seconds; must be whole and at least 1, and is clamped to the greatest life.
    package var expiresIn: Double?

    package init(identityId: String, scopes: [String]? = nil, audience: [String]? = nil, expiresIn: Double? = nil) {
        self.identityId = identityId
        self.scopes = scopes
        self.audience = audience
        self.expiresIn = expiresIn
    }
}
