import COpenSSL

/// An Ed25519 private key (RFC 8032 §5.1). Any thread may use it.
package final class Ed25519PrivateKey: Sendable {
    /// The 32 bytes that the key is made from, and all that needs keeping.
    package let seed: Secret
    package let publicKey: Ed25519PublicKey
    private let key: PKey

    /// Throws `.malformedKey` unless the seed has 32 bytes.
    package init(seed: Secret) throws(CryptoError) {
        guard seed.count == Ed25519PublicKey.keyCount else {
            throw CryptoError(.malformedKey, "an Ed25519 seed has 32 bytes, not \(seed.count)")
        }
        let pointer = unsafe seed.withBytes { seed in
            unsafe seed.withUnsafeBufferPointer { unsafe EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, $0.baseAddress, $0.count) }
        }
        let key = try unsafe PKey(owning: pointer, orThrow: OpenSSL.failure(.unavailable, "libcrypto can't make an Ed25519 key"))
        var raw = [UInt8](repeating: 0, count: Ed25519PublicKey.keyCount)
        var count = raw.count
        let done = unsafe raw.withUnsafeMutableBufferPointer { unsafe EVP_PKEY_get_raw_public_key(key.pointer, $0.baseAddress, &count) }
        guard done == 1, count == raw.count else { throw OpenSSL.outOfMemory() }
        self.seed = seed
        self.key = key
        publicKey = try Ed25519PublicKey(raw: raw)
    }

    package static func generate() throws(CryptoError) -> Ed25519PrivateKey {
        try Ed25519PrivateKey(seed: Random.secret(Ed25519PublicKey.keyCount))
    }

    /// The 64-byte signature of `message`; the same for the same message.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let context = unsafe EVP_MD_CTX_new() else { throw OpenSSL.outOfMemory() }
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Ed25519PublicKey.signatureCount)
        var count = signature.count
        let done = unsafe signature.withUnsafeMutableBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestSignInit_ex(context, nil, nil, nil, nil, key.pointer, nil) == 1
                    && EVP_DigestSign(context, signature.baseAddress, &count, message.baseAddress, message.count) == 1
            }
        }
        guard done, count == signature.count else { throw OpenSSL.failure(.unavailable, "the signature could not be made; check the key") }
        return signature
    }
}
