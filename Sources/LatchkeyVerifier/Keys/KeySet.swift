import FoundationEssentials
package import LatchkeyCrypto

/// The public keys that tokens are held against: a JWKS (RFC 7517 §5) of which only RS256 signature keys with a `kid` count.
///
/// Members that are something else (another algorithm, an `oct` key, a key for encryption) are passed over, as RFC 7517 §5 asks; two keys
/// with one `kid`, or a set without a single usable key, are refused.
public struct KeySet: Sendable {
    private let keys: [String: RSAPublicKey]

    /// The `kid`s of the usable keys.
    public var keyIds: [String] { keys.keys.sorted() }

    /// Reads a JWKS document, at most 1 MiB.
    public init(jwks document: [UInt8]) throws(VerificationError) {
        guard document.count <= 1 << 20 else {
            throw VerificationError(.keySet, "the JWKS is larger than 1 MiB")
        }
        let set: JWKSet
        do {
            set = try JSONDecoder().decode(JWKSet.self, from: Data(document))
        } catch {
            throw VerificationError(.keySet, "this is not a JWKS: a JSON object with a member \"keys\" is needed")
        }
        try self.init(set)
        guard !keys.isEmpty else {
            throw VerificationError(.keySet, "the JWKS holds no RS256 signature key with a kid")
        }
    }

    package init(_ set: JWKSet) throws(VerificationError) {
        var keys: [String: RSAPublicKey] = [:]
        for jwk in set.keys {
            guard let kid = jwk.kid, !kid.isEmpty, let key = try? RSAPublicKey(jwk: jwk) else { continue }
            guard keys.updateValue(key, forKey: kid) == nil else {
                throw VerificationError(.keySet, "the JWKS holds two keys with the kid \(kid)")
            }
        }
        self.keys = keys
    }

    package func contains(_ kid: String) -> Bool { keys[kid] != nil }

    /// Finds the key by `kid` and only then looks whether the header's `alg` is that key's (RFC 8725 §3.1), verifies, and reads the claims.
    package func verifySignature(of token: String) throws(VerificationError) -> VerifiedToken {
        let jws: CompactJWS
        do {
            jws = try CompactJWS(parsing: token)
        } catch {
            throw VerificationError(.malformed, "this is not a compact JWS: \(error.message)")
        }
        guard let kid = jws.header.kid, let key = keys[kid] else {
            throw VerificationError(
                .unknownKey,
                "no key of the set has the kid \(jws.header.kid.map { "\"\($0.prefix(100))\"" } ?? "that the token should name")")
        }
        guard jws.header.alg == "RS256" else {
            throw VerificationError(.algorithm, "the key \(kid) signs with RS256, but the token says another algorithm")
        }
        guard jws.header.typ == nil || jws.header.typ == "JWT" else {
            throw VerificationError(.tokenType, "the token's header says a type other than JWT")
        }
        guard key.verify(jws.signature, of: jws.signingInput) else {
            throw VerificationError(.signature, "the signature does not match")
        }
        let claims: Claims
        do {
            claims = try JSONDecoder().decode(Claims.self, from: Data(jws.payload))
        } catch {
            throw VerificationError(.malformed, "the payload does not hold an access token's claims")
        }
        return VerifiedToken(claims: claims, payload: jws.payload, keyId: kid)
    }
}
