import LatchkeyCrypto
import LatchkeyVerifier

/// The legacy key of the tests, and sets that hold it.
enum Legacy {
    static let kid = "production"
    static let issuer = "https://old.example"
    static let secret = Array("the secret of the old days, 2024".utf8)
    static let key = try! LegacyKey(kid: kid, secret: Secret(copying: secret), issuer: issuer)

    static func set(_ keys: RSAPrivateKey..., legacy: LegacyKey? = key) throws -> KeySet {
        try KeySet(JWKSet(keys: keys.map { Keys.jwk($0) }), legacy: legacy)
    }

    /// A verifier that both algorithms reach.
    static func verifier() throws -> TokenVerifier {
        TokenVerifier(
            keys: try set(Keys.first, Keys.second), policy: TokenPolicy(issuer: "https://keys.example", audiences: ["relayfile"]))
    }
}

extension TokenDraft {
    /// A token as the old issuer made them.
    static var legacy: TokenDraft {
        var draft = TokenDraft()
        draft.alg = "HS256"
        draft.kid = Legacy.kid
        draft.claims.issuer = Legacy.issuer
        return draft
    }

    /// The token with an HMAC in place of a signature.
    func coded(secret: [UInt8] = Legacy.secret) -> String {
        CompactJWS.assemble(signingInput: input, signature: HMACSHA256.code(input, key: Secret(copying: secret)))
    }

    func coded(secret: [UInt8] = Legacy.secret, _ change: (inout TokenDraft) -> Void) -> String {
        var draft = self
        change(&draft)
        return draft.coded(secret: secret)
    }
}
