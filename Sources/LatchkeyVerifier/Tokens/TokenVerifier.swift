import LatchkeyScopes

/// Verifies access tokens without asking the authority about any of them: no network, no daemon, no store. Any number of threads may use one
/// verifier at once.
///
/// What it knows comes from a trust bundle, from a key set, or from a fetcher of the caller's. Only a bundle knows what was revoked; with
/// keys alone a token is good until it expires.
///
/// ```swift
/// let bundle = try TrustBundle(reading: Array(bundleFile)).checked(by: anchor, state: remembered, at: SystemClock().now())
/// let verifier = TokenVerifier(bundle: bundle, policy: TokenPolicy(audiences: ["relayfile"]))
/// let claims = try verifier.verify(token, at: SystemClock().now())
/// try verifier.require("relayfile:fs:read:/docs/a", of: claims)
/// ```
///
/// ```swift
/// let keys = try KeySet(jwks: Array(jwksFile))
/// let verifier = TokenVerifier(keys: keys, policy: TokenPolicy(issuer: "https://keys.example", audiences: ["relayfile"]))
/// ```
public struct TokenVerifier: Sendable {
    private enum Source {
        case keys(KeySet)
        case bundle(CheckedBundle)
        case fetcher(KeyFetcher)
    }

    private let source: Source
    /// What a token must say.
    public let policy: TokenPolicy

    /// A verifier that knows public keys, and nothing of what was revoked.
    public init(keys: KeySet, policy: TokenPolicy) {
        source = .keys(keys)
        self.policy = policy
    }

    /// A verifier that knows all that a bundle says. Where the policy names no issuer, it is the bundle's. Its clock skew is at most 60 s,
    /// whatever the policy says: a bundle forgets what was revoked when nobody within that skew takes the token for alive.
    public init(bundle: CheckedBundle, policy: TokenPolicy = TokenPolicy()) {
        source = .bundle(bundle)
        var policy = policy
        policy.issuer = policy.issuer ?? bundle.issuer
        policy.clockSkew = min(policy.clockSkew, TokenPolicy.standardSkew)
        self.policy = policy
    }

    /// A verifier whose keys are fetched when it needs them; its tokens go through `verifyFetching`.
    public init(fetcher: KeyFetcher, policy: TokenPolicy) {
        source = .fetcher(fetcher)
        self.policy = policy
    }

    /// The claims of a good token; throws the first reason why it is not one. The clock is read by the caller, once.
    ///
    /// With a bundle, each call asks again whether the bundle may still be used. With a fetcher, the keys fetched last are what counts:
    /// this call waits for nothing.
    ///
    /// - Throws: `.malformed`, `.unknownKey`, `.algorithm`, `.signature`, `.tokenType`, `.issuer`, `.audience`, `.notYetValid` or `.expired`; with a
    ///   bundle `.frozen`, `.clock` or `.revoked`; with a fetcher `.keySet` when there are no keys that may be used.
    public func verify(_ token: String, at now: Timestamp) throws(VerificationError) -> Claims {
        switch source {
        case .keys(let keys): return try verify(token, with: keys, at: now).claims
        case .bundle(let bundle):
            try bundle.check(at: now)
            let verified = try verify(token, with: bundle.keys, at: now)
            try bundle.checkLiveness(of: verified)
            return verified.claims
        case .fetcher(let fetcher): return try verify(token, with: fetcher.heldKeys(at: now), at: now).claims
        }
    }

    /// As `verify(_:at:)`; with a fetcher, after fetching the keys where they are old or the token's is not among them.
    ///
    /// - Throws: as `verify(_:at:)`.
    public func verifyFetching(_ token: String, at now: Timestamp) async throws(VerificationError) -> Claims {
        guard case .fetcher(let fetcher) = source else { return try verify(token, at: now) }
        let keys = try await fetcher.keys(at: now)
        do {
            return try verify(token, with: keys.set, at: now).claims
        } catch {
            guard error.reason == .unknownKey, let newer = await fetcher.keys(newerThan: keys, at: now) else { throw error }
            return try verify(token, with: newer.set, at: now).claims
        }
    }

    private func verify(_ token: String, with keys: KeySet, at now: Timestamp) throws(VerificationError) -> VerifiedToken {
        let verified = try keys.verifySignature(of: token)
        try policy.check(verified, at: now)
        return verified
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
