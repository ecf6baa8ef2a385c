import COpenSSL

/// One RSASSA-PKCS1-v1_5 context with SHA-256 (RFC 8017 §8.2), prepared once and used many times.
///
/// It owns a copy of the key, so two contexts share nothing inside libcrypto. One user at a time: `RSASigner` and
/// `ContextPool` see to that, and it is marked `Sendable` only so that a pool may hand it from thread to thread.
@safe final class SignatureContext: @unchecked Sendable {
    enum Purpose { case signing, verifying }

    private let key: PKey
    private let context: OpaquePointer

    init(copying original: PKey, for purpose: Purpose) throws(CryptoError) {
        let key = try original.duplicate()
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else { throw OpenSSL.outOfMemory() }
        self.key = key
        unsafe self.context = context
        let started =
            switch purpose {
            case .signing: unsafe EVP_PKEY_sign_init(context)
            case .verifying: unsafe EVP_PKEY_verify_init(context)
            }
        guard started == 1, unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1,
            unsafe EVP_PKEY_CTX_set_signature_md(context, Algorithms.sha256) == 1
        else { throw OpenSSL.failure(.unavailable, "libcrypto refuses to prepare an RS256 operation; check its configuration") }
    }

    deinit { unsafe EVP_PKEY_CTX_free(context) }

    /// The signature of a digest; `count` is the byte count of the modulus.
    func sign(digest: SHA256.Digest, count: Int) throws(CryptoError) -> [UInt8] {
        var written = count
        var signature = [UInt8](repeating: 0, count: count)
        let done = unsafe signature.withUnsafeMutableBufferPointer { output in
            unsafe digest.span.withUnsafeBufferPointer { input in
                unsafe EVP_PKEY_sign(context, output.baseAddress, &written, input.baseAddress, input.count)
            }
        }
        guard done == 1, written == count else { throw OpenSSL.failure(.unavailable, "the signature could not be made; check the key") }
        return signature
    }

    func verify(_ signature: Span<UInt8>, digest: SHA256.Digest) -> Bool {
        let good = unsafe signature.withUnsafeBufferPointer { signature in
            unsafe digest.span.withUnsafeBufferPointer { digest in
                unsafe EVP_PKEY_verify(context, signature.baseAddress, signature.count, digest.baseAddress, digest.count)
            }
        }
        if good != 1 { OpenSSL.forgetFailure() }
        return good == 1
    }
}
