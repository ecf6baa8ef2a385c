/// A token whose signature is good: its claims, and the payload's bytes as they were signed. Nothing is said yet of time, issuer or
/// audience.
package final class VerifiedToken: Sendable {
    /// What is special about a token that the legacy key signed.
    package struct Legacy: Sendable {
        /// The `iss` that tokens of that key must have.
        package let issuer: String
        /// Whether the token said which scopes it holds; those of some issuers' refresh tokens don't.
        package let namesScopes: Bool
    }

    package let claims: Claims
    /// The payload as signed: what introspection answers with.
    package let payload: [UInt8]
    /// The key that made the signature.
    package let keyId: String
    /// There when the legacy key made the signature, and then only.
    package let legacy: Legacy?

    package init(claims: Claims, payload: [UInt8], keyId: String, legacy: Legacy? = nil) {
        self.claims = claims
        self.payload = payload
        self.keyId = keyId
        self.legacy = legacy
    }
}
