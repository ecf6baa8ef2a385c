import LatchkeyVerifier

/// The examples of the library's documentation, as they stand there: that they compile is the test. `ExampleTests` sees to it that each is
/// here word for word.
enum Examples {
    static func anchor(_ anchorFile: [UInt8]) throws {
        let anchor = try TrustAnchor(pem: Array(anchorFile))
        print(anchor.fingerprint)
    }

    static func checking(
        _ bundleFile: [UInt8], _ anchor: TrustAnchor, _ remembered: BundleState?, _ remember: (BundleState) throws -> Void
    ) throws {
        let bundle = try TrustBundle(reading: Array(bundleFile))
        let checked = try bundle.checked(by: anchor, state: remembered, at: SystemClock().now())
        try remember(checked.state)
    }

    static func bundle(_ bundleFile: [UInt8], _ anchor: TrustAnchor, _ remembered: BundleState?, _ token: String) throws {
        let bundle = try TrustBundle(reading: Array(bundleFile)).checked(by: anchor, state: remembered, at: SystemClock().now())
        let verifier = TokenVerifier(bundle: bundle, policy: TokenPolicy(audiences: ["relayfile"]))
        let claims = try verifier.verify(token, at: SystemClock().now())
        try verifier.require("relayfile:fs:read:/docs/a", of: claims)
    }

    static func keys(_ jwksFile: [UInt8]) throws -> TokenVerifier {
        let keys = try KeySet(jwks: Array(jwksFile))
        let verifier = TokenVerifier(keys: keys, policy: TokenPolicy(issuer: "https://keys.example", audiences: ["relayfile"]))
        return verifier
    }

    static func fetched(_ token: String, _ download: @escaping @Sendable (String) async throws -> [UInt8]) async throws -> Claims {
        let fetcher = KeyFetcher { try await download("https://keys.example/.well-known/jwks.json") }
        let verifier = TokenVerifier(fetcher: fetcher, policy: TokenPolicy(issuer: "https://keys.example", audiences: ["relayfile"]))
        let claims = try await verifier.verifyFetching(token, at: SystemClock().now())
        return claims
    }

    static func legacy(_ jwksFile: [UInt8], _ secretFile: [UInt8]) throws -> KeySet {
        let legacy = try LegacyKey(kid: "production", secret: Array(secretFile), issuer: "https://old.example")
        let keys = try KeySet(jwks: Array(jwksFile)).accepting(legacy)
        return keys
    }

    static func inclusion(_ file: [UInt8], _ anchorFile: [UInt8]) throws {
        let proof = try InclusionProof(reading: Array(file))
        try proof.check(TrustAnchor(pem: Array(anchorFile)))
        print(String(decoding: proof.entry, as: UTF8.self))
    }

    static func refusal(_ verifier: TokenVerifier, _ token: String) -> String {
        do {
            let claims = try verifier.verify(token, at: SystemClock().now())
            return "hello, \(claims.subject)"
        } catch {
            switch error.reason {
            case .expired, .revoked: return "get a new token"
            case .frozen, .rollback, .fork: return "the bundle is the problem: \(error.message)"
            default: return error.message
            }
        }
    }
}
