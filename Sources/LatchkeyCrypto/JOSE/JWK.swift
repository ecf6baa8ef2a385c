/// A JSON Web Key (RFC 7517) with public members only: there is no place for `d`, `k` or any other private member, so none can be
/// read in or given out.
package struct JWK: Codable, Sendable, Equatable {
    package var kty: String
    package var kid: String?
    package var use: String?
    package var alg: String?
    /// RSA modulus, base64url (RFC 7518 §6.3.1.1).
    package var n: String?
    /// RSA exponent, base64url (RFC 7518 §6.3.1.2).
    package var e: String?
    /// Curve of an octet key pair (RFC 8037 §2).
    package var crv: String?
    /// Public key of an octet key pair, base64url (RFC 8037 §2).
    package var x: String?
    package var keyOps: [String]?

    package init(
        kty: String, kid: String? = nil, use: String? = nil, alg: String? = nil, n: String? = nil, e: String? = nil, crv: String? = nil,
        x: String? = nil, keyOps: [String]? = nil
    ) {
        self.kty = kty
        self.kid = kid
        self.use = use
        self.alg = alg
        self.n = n
        self.e = e
        self.crv = crv
        self.x = x
        self.keyOps = keyOps
    }

    /// The bare key, big-endian integers without leading zeros.
    init(rsaModulus: [UInt8], exponent: [UInt8]) {
        self.init(kty: "RSA", n: Base64URL.encode(rsaModulus), e: Base64URL.encode(exponent))
    }

    init(ed25519 raw: [UInt8]) {
        self.init(kty: "OKP", crv: "Ed25519", x: Base64URL.encode(raw))
    }

    private enum CodingKeys: String, CodingKey {
        case kty, kid, use, alg, n, e, crv, x
        case keyOps = "key_ops"
    }
}
