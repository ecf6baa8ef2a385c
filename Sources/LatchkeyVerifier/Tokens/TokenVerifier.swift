import LatchkeyScopes

/// Verifies access tokens with nothing but a key set: no network, no daemon, no store.
///
/// ```swift
/// let keys = try KeySet(jwks: Array(jwksFile))
/// let verifier = TokenVerifier(keys: keys, policy: TokenPolicy(issuer: "https://keys.example", audiences: ["relayfile"]))
/// let claims = try verifier.verify(token, at: SystemClock().now())
/// try verifier.require("relayfile:fs:read:/docs/a", of: claims)
/// ```
public struct TokenVerifier: Sendable {
    public let keys: KeySet
    public let policy: TokenPolicy

    public init(keys: KeySet, policy: TokenPolicy) {
        self.keys = keys
        self.policy = policy
    }

    /// The claims of a good token; throws the first reason why it is not one. The clock is read by the caller, once.
    public func verify(_ token: String, at now: Timestamp) throws(VerificationError) -> Claims {
        let verified = try keys.verifySignature(of: token)
        try policy.check(verified, at: now)
        return verified.claims
    }

    /// Throws unless the claims' scopes cover `scope` (contract §2). Scopes of planes that this library does not know are taken as they are
    /// written; one that does not parse grants nothing.
    ///
    /// - Parameter planes: planes beyond the built-in ones that the authority was configured with.
    public func require(_ scope: String, of claims: Claims, planes: [String] = []) throws(VerificationError) {
        let known: Planes
        let wanted: Scope
        do {
            known = try Planes(additional: planes)
            wanted = try Scope(scope, planes: known)
        } catch {
            throw VerificationError(.scope, error.message)
        }
        for text in claims.scopes {
            if let held = try? Scope(text, planes: known), held.covers(wanted) { return }
        }
        throw VerificationError(
            .scope,
            "the token does not hold \(wanted.text); it holds \(claims.scopes.isEmpty ? "no scope" : claims.scopes.joined(separator: ", "))"
        )
    }
}
