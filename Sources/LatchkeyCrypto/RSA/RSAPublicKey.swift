import COpenSSL

/// An RSA public key that verifies RS256 (RFC 7518 §3.3, RSASSA-PKCS1-v1_5 with SHA-256). For any number of callers at once.
///
/// Measured with OpenSSL 3.0.19, 600-byte messages, hashing included: 0.95 (2048 bits) and 0.98 (3072 bits) of the verifications of
/// `openssl speed` on one thread, 0.95 and 1.03 on two.
package final class RSAPublicKey: Sendable {
    /// Accepted sizes: less is too weak (RFC 7518 §3.3, RFC 8725 §3.5), more buys an attacker time with one verification.
    package static let acceptedBits = 2048...8192

    /// The size of the modulus.
    package let bits: Int
    /// Big-endian, without leading zeros.
    package let modulus: [UInt8]
    /// Big-endian, without leading zeros.
    package let exponent: [UInt8]
    /// RFC 7638, SHA-256, base64url: the key's `kid`.
    package let thumbprint: String

    private let key: PKey
    private let contexts: ContextPool

    /// Big-endian integers; leading zeros are dropped.
    ///
    /// Throws `.unsupportedKey` for a modulus outside `acceptedBits` or even, and for an exponent that is even, less than 3 or
    /// more than 64 bits long: none is ever made by an honest generator, and each is weak or slow.
    package init(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) {
        let modulus = Array(modulus.drop { $0 == 0 })
        let exponent = Array(exponent.drop { $0 == 0 })
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard Self.acceptedBits.contains(bits) else {
            throw CryptoError(.unsupportedKey, "the RSA key has \(bits) bits; use one of 2048 to 8192 bits")
        }
        guard let last = exponent.last, last & 1 == 1, exponent != [1], exponent.count <= 8, modulus[modulus.count - 1] & 1 == 1 else {
            throw CryptoError(.unsupportedKey, "the RSA key's exponent or modulus is not one that a sound generator makes; make a new key")
        }
        let pointer = unsafe modulus.withUnsafeBufferPointer { n in
            unsafe exponent.withUnsafeBufferPointer { e in
                unsafe COpenSSL_rsa_public_key(n.baseAddress, n.count, e.baseAddress, e.count)
            }
        }
        let key = try unsafe PKey(owning: pointer, orThrow: OpenSSL.failure(.malformedKey, "libcrypto can't use this RSA public key"))
        self.bits = bits
        self.modulus = modulus
        self.exponent = exponent
        self.key = key
        contexts = ContextPool(key: key, purpose: .verifying)
        thumbprint = try JWK(rsaModulus: modulus, exponent: exponent).thumbprint()
    }

    /// Whether `signature` is this key's RS256 signature of `message`. Wrong lengths and failures of any kind are a "no".
    package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool { verify(signature.span, of: message.span) }

    package func verify(_ signature: Span<UInt8>, of message: Span<UInt8>) -> Bool {
        // RFC 8017 §8.2.2 step 1.
        guard signature.count == modulus.count else { return false }
        let digest = SHA256.digest(message)
        do {
            return try contexts.withContext { $0.verify(signature, digest: digest) }
        } catch {
            return false
        }
    }

    /// The key as a PEM text with `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
    package func pem() throws(CryptoError) -> String {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw OpenSSL.outOfMemory() }
        defer { unsafe BIO_free(bio) }
        var start: UnsafeMutablePointer<CChar>?
        guard unsafe PEM_write_bio_PUBKEY(bio, key.pointer) == 1 else { throw OpenSSL.outOfMemory() }
        let count = unsafe COpenSSL_BIO_get_mem_data(bio, &start)
        return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

extension RSAPublicKey: Equatable {
    package static func == (a: RSAPublicKey, b: RSAPublicKey) -> Bool { a.modulus == b.modulus && a.exponent == b.exponent }
}
