/// A token whose signature is good: its claims, and the payload's bytes as they were signed. Nothing is said yet of time, issuer or
/// audience.
package final class VerifiedToken: Sendable {
    package let claims: Claims
    /// The payload as signed: what introspection answers with.
    package let payload: [UInt8]
    /// The key that made the signature.
    package let keyId: String

    package init(claims: Claims, payload: [UInt8], keyId: String) {
        self.claims = claims
        self.payload = payload
        self.keyId = keyId
    }
}
