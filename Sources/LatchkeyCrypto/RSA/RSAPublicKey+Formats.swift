import COpenSSL

extension RSAPublicKey {
    /// A PEM text with one `PUBLIC KEY` block (`SubjectPublicKeyInfo`).
    ///
    /// Throws `.malformedKey` when it isn't that or holds anything more, `.unsupportedKey` for another type of key and as
    /// `init(modulus:exponent:)` does.
    package convenience init(pem: [UInt8]) throws(CryptoError) {
        let block = try PEMBlock(pem.span)
        guard block.label.utf8.elementsEqual("PUBLIC KEY".utf8), !block.hasHeaders else {
            throw CryptoError(.malformedKey, "the PEM block is not a public key; it must begin with -----BEGIN PUBLIC KEY-----")
        }
        let (pointer, complete) = unsafe block.der.withBytes { der in
            unsafe der.withUnsafeBufferPointer { der in
                var next = der.baseAddress
                let pointer = unsafe d2i_PUBKEY_ex(nil, &next, der.count, nil, nil)
                return unsafe (pointer, next == der.baseAddress.map { unsafe $0 + der.count })
            }
        }
        let key = try unsafe PKey(
            owning: pointer, orThrow: OpenSSL.failure(.malformedKey, "the PEM block does not hold a public key that can be read"))
        guard complete else { throw CryptoError(.malformedKey, "there are bytes after the end of the public key; export it again") }
        guard key.isRSA else { throw CryptoError(.unsupportedKey, "the public key is not an RSA key") }
        try self.init(modulus: key.publicInteger("n"), exponent: key.publicInteger("e"))
    }

    /// The key in a JWK that is meant for it.
    ///
    /// Throws `.unsupportedKey` unless `kty` is `RSA` and `alg`, `use` and `key_ops`, where present, are for RS256 signatures;
    /// `.malformedKey` when `n` or `e` is missing or not a minimal base64url integer (RFC 7518 §6.3.1); and as
    /// `init(modulus:exponent:)` does.
    package convenience init(jwk: JWK) throws(CryptoError) {
        try jwk.require(keyType: "RSA", algorithm: "RS256")
        guard let n = jwk.n.flatMap({ Base64URL.decode($0) }), let e = jwk.e.flatMap({ Base64URL.decode($0) }),
            let first = n.first, first != 0, let last = e.first, last != 0
        else { throw CryptoError(.malformedKey, "the JWK's n or e is missing or not a base64url integer") }
        try self.init(modulus: n, exponent: e)
    }

    /// As published in a JWKS: `kid` is the thumbprint, `alg` RS256, `use` sig.
    package var jwk: JWK {
        var jwk = JWK(rsaModulus: modulus, exponent: exponent)
        jwk.kid = thumbprint
        jwk.alg = "RS256"
        jwk.use = "sig"
        return jwk
    }
}
