import FoundationEssentials
package import LatchkeyCrypto

/// The public keys that tokens are held against: a JWKS (RFC 7517 §5) of which only RS256 signature keys with a `kid` count.
///
/// Members that are something else (another algorithm, an `oct` key, a key for encryption) are passed over, as RFC 7517 §5 asks; two keys
/// with one `kid`, or a set without a single usable key, are refused.
///
/// Beside them there may be one legacy key, which no document brings in: it is given by whoever holds its secret.
public struct KeySet: Sendable {
    private let keys: [String: RSAPublicKey]
    /// The key of HS256 tokens; there only while these are accepted.
    package let legacy: LegacyKey?

    /// The `kid`s of the usable keys.
    public var keyIds: [String] { keys.keys.sorted() }

    /// Bytes of the largest JWKS that is read.
    public static let greatestSize = 1 << 20

    /// Reads a JWKS document, at most 1 MiB.
    public init(jwks document: [UInt8]) throws(VerificationError) {
        guard document.count <= Self.greatestSize else {
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

    /// - Throws: `.keySet` for two keys with one `kid`, the legacy one's included: a `kid` names one key, and with it one algorithm.
    package init(_ set: JWKSet, legacy: LegacyKey? = nil) throws(VerificationError) {
        var keys: [String: RSAPublicKey] = [:]
        for jwk in set.keys {
            guard let kid = jwk.kid, !kid.isEmpty, let key = try? RSAPublicKey(jwk: jwk) else { continue }
            guard keys.updateValue(key, forKey: kid) == nil else {
                throw VerificationError(.keySet, "the JWKS holds two keys with the kid \(kid)")
            }
        }
        try self.init(keys, legacy: legacy)
    }

    private init(_ keys: [String: RSAPublicKey], legacy: LegacyKey?) throws(VerificationError) {
        if let legacy, keys[legacy.kid] != nil {
            throw VerificationError(.keySet, "the kid of the legacy key, \(legacy.kid), is also that of an RSA key")
        }
        self.keys = keys
        self.legacy = legacy
    }

    /// This set, and the legacy key besides: for the time in which an install moves from HS256 to RS256.
    ///
    /// ```swift
    /// let legacy = try LegacyKey(kid: "production", secret: Array(secretFile), issuer: "https://old.example")
    /// let keys = try KeySet(jwks: Array(jwksFile)).accepting(legacy)
    /// ```
    ///
    /// - Throws: `.keySet` when an RSA key has the same `kid`.
    public func accepting(_ legacy: LegacyKey) throws(VerificationError) -> KeySet { try KeySet(keys, legacy: legacy) }

    /// Whether an RSA key of the set has this `kid`; never so for the legacy key's.
    package func contains(_ kid: String) -> Bool { keys[kid] != nil }

    /// Finds the key by `kid` and only then looks whether the header's `alg` is that key's (RFC 8725 §3.1), verifies, and reads the claims.
    package func verifySignature(of token: String) throws(VerificationError) -> VerifiedToken {
        let jws: CompactJWS
        do {
            jws = try CompactJWS(parsing: token)
        } catch {
            throw VerificationError(.malformed, "this is not a compact JWS: \(error.message)")
        }
        guard let kid = jws.header.kid, let key = key(kid) else {
            throw VerificationError(
                .unknownKey,
                "no key of the set has the kid \(jws.header.kid.map { "\"\($0.prefix(100))\"" } ?? "that the token should name")")
        }
        guard jws.header.alg == key.algorithm else {
            throw VerificationError(.algorithm, "the key \(kid) signs with \(key.algorithm), but the token says another algorithm")
        }
        guard jws.header.typ == nil || jws.header.typ == "JWT" else {
            throw VerificationError(.tokenType, "the token's header says a type other than JWT")
        }
        guard key.verify(jws.signature, of: jws.signingInput) else {
            throw VerificationError(.signature, "the signature does not match")
        }
        return try key.read(jws.payload, keyId: kid)
    }

    /// One key, and with it the only algorithm and the only form of claims that its tokens have.
    private enum Key {
        case rsa(RSAPublicKey)
        case legacy(LegacyKey)

        var algorithm: String {
            switch self {
            case .rsa: "RS256"
            case .legacy: LegacyKey.algorithm
            }
        }

        func verify(_ signature: [UInt8], of input: [UInt8]) -> Bool {
            switch self {
            case .rsa(let key): key.verify(signature, of: input)
            case .legacy(let key): key.verify(signature, of: input)
            }
        }

        func read(_ payload: [UInt8], keyId: String) throws(VerificationError) -> VerifiedToken {
            do {
                switch self {
                case .rsa:
                    let claims = try Claims(canonical: payload) ?? JSONDecoder().decode(Claims.self, from: Data(payload))
                    return VerifiedToken(claims: claims, payload: payload, keyId: keyId)
                case .legacy(let key):
                    // What two parsers could read in two ways is not what an issuer wrote.
                    try JSONObjectReader.read(payload) { (_, _) in }
                    let read = try JSONDecoder().decode(LegacyClaims.self, from: Data(payload))
                    return VerifiedToken(
                        claims: read.claims, payload: payload, keyId: key.kid,
                        legacy: .init(issuer: key.issuer, namesScopes: read.namesScopes))
                }
            } catch {
                throw VerificationError(.malformed, "the payload does not hold a token's claims")
            }
        }
    }

    private func key(_ kid: String) -> Key? {
        if let legacy, legacy.kid == kid { return .legacy(legacy) }
        return keys[kid].map { .rsa($0) }
    }
}
