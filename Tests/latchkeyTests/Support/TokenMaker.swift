import LatchkeyCrypto
import LatchkeyVerifier

/// Signs tokens of any content, as an authority would, for the verifier to judge.
struct TokenMaker: Sendable {
    /// Made once: a key takes a while.
    static let shared: TokenMaker = {
        do { return TokenMaker(key: try RSAPrivateKey.generate(bits: 2048)) } catch { fatalError("no key: \(error)") }
    }()

    let key: RSAPrivateKey

    var kid: String { key.publicKey.thumbprint }

    /// A JWKS with this maker's key.
    var jwks: String {
        let jwk = key.publicKey.jwk
        return #"{"keys":[{"kty":"RSA","kid":"\#(kid)","use":"sig","alg":"RS256","n":"\#(jwk.n ?? "")","e":"\#(jwk.e ?? "")"}]}"#
    }

    func token(
        expiresIn: Int64 = 3600, audience: String = "relayfile", issuer: String = "https://keys.example",
        scopes: String = #""relayfile:fs:read:/docs/*""#,
        header: String? = nil
    ) throws -> String {
        let now = SystemClock().now().seconds
        let payload = """
            {"sub":"agent_1","org":"org_1","wks":"org_1","scopes":[\(scopes)],"sponsorId":"ada","sponsorChain":["ada","agent_1"],"token_type":"access",\
            "iss":"\(issuer)","aud":["\(audience)"],"exp":\(now + expiresIn),"iat":\(min(now, now + expiresIn) - 10),"jti":"tok_1","sid":"sess_1"}
            """
        let header = header ?? #"{"alg":"RS256","typ":"JWT","kid":"\#(kid)"}"#
        let input = CompactJWS.signingInput(header: Array(header.utf8), payload: Array(payload.utf8))
        return CompactJWS.assemble(signingInput: input, signature: try key.sign(input))
    }
}
