import COpenSSL

/// An Ed25519 public key (RFC 8032 §5.1). For any number of callers at once.
package final class Ed25519PublicKey: Sendable {
    static let keyCount = 32
    static let signatureCount = 64

    /// The 32 bytes of RFC 8032 §5.1.5.
    package let raw: [UInt8]
    /// RFC 7638 with the members of RFC 8037 §2, SHA-256, base64url.
    package let thumbprint: String
    private let key: PKey

    /// Throws `.malformedKey` unless there are 32 bytes.
    package init(raw: [UInt8]) throws(CryptoError) {
        guard raw.count == Self.keyCount else { throw CryptoError(.malformedKey, "an Ed25519 public key has 32 bytes, not \(raw.count)") }
        let pointer = unsafe raw.withUnsafeBufferPointer {
            unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, $0.baseAddress, $0.count)
        }
        key = try unsafe PKey(owning: pointer, orThrow: OpenSSL.failure(.malformedKey, "libcrypto can't use this Ed25519 public key"))
        self.raw = raw
        thumbprint = try JWK(ed25519: raw).thumbprint()
    }

    /// The key in a JWK that is meant for it (RFC 8037 §2).
    ///
    /// Throws `.unsupportedKey` unless `kty` is `OKP`, `crv` is `Ed25519`, and `alg`, `use` and `key_ops`, where present, are for
    /// EdDSA signatures; `.malformedKey` when `x` isn't 32 bytes.
    package convenience init(jwk: JWK) throws(CryptoError) {
        try jwk.require(keyType: "OKP", algorithm: "EdDSA")
        guard let curve = jwk.crv, curve.utf8.elementsEqual("Ed25519".utf8) else {
            throw CryptoError(.unsupportedKey, "the JWK is not for the curve Ed25519")
        }
        guard let x = jwk.x.flatMap({ Base64URL.decode($0) }) else {
            throw CryptoError(.malformedKey, "the JWK's x is missing or not base64url")
        }
        try self.init(raw: x)
    }

    /// `kid` is the thumbprint, `alg` EdDSA, `use` sig.
    package var jwk: JWK {
        var jwk = JWK(ed25519: raw)
        jwk.kid = thumbprint
        jwk.alg = "EdDSA"
        jwk.use = "sig"
        return jwk
    }

    /// Whether `signature` is this key's signature of `message`. Wrong lengths and failures of any kind are a "no".
    package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureCount, let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        let good = unsafe signature.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, key.pointer, nil) == 1
                    && EVP_DigestVerify(context, signature.baseAddress, signature.count, message.baseAddress, message.count) == 1
            }
        }
        if !good { OpenSSL.forgetFailure() }
        return good
    }
}

extension Ed25519PublicKey: Equatable {
    package static func == (a: Ed25519PublicKey, b: Ed25519PublicKey) -> Bool { a.raw == b.raw }
}
