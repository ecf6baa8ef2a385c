import LatchkeyScopes
import LatchkeyVerifier

/// What one token must be: good by the verifier, and holder of some scopes.
struct TokenCheck: Sendable {
    let verifier: TokenVerifier
    let scopes: [String]

    func claims(of token: String, at now: Timestamp) throws(VerificationError) -> Claims {
        let claims = try verifier.verify(token, at: now)
        for scope in scopes { try verifier.require(scope, of: claims, planes: Self.plane(of: scope)) }
        return claims
    }

    /// The plane that a scope names: it may be one of the authority's own, and asking for it is no more than the token has to hold.
    private static func plane(of scope: String) -> [String] {
        let plane = String(scope.prefix { $0 != ":" })
        return (try? Planes(additional: [plane])) == nil ? [] : [plane]
    }

    /// A refusal as JSON.
    static func verdict(_ error: VerificationError) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("valid", false)
            writer.member("reason", error.reason.rawValue)
            writer.member("message", error.message)
        }
        return writer.bytes
    }
}
