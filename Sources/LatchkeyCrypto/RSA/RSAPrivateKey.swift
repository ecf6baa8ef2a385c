import COpenSSL

/// An RSA private key that signs RS256 (RFC 7518 §3.3). Any thread may use it; a thread that signs all day takes `makeSigner()`.
package final class RSAPrivateKey: Sendable {
    /// The sizes that `generate` makes.
    package static let generatedBits = [2048, 3072, 4096]

    package let publicKey: RSAPublicKey
    /// The size of the modulus.
    package var bits: Int { publicKey.bits }

    let key: PKey
    private let contexts: ContextPool

    /// Takes a key whose halves are known to belong together.
    private init(trusting key: PKey) throws(CryptoError) {
        guard key.isRSA else {
            throw CryptoError(.unsupportedKey, "the private key is not an RSA key; RS256 needs one of 2048 bits or more")
        }
        publicKey = try RSAPublicKey(modulus: key.publicInteger("n"), exponent: key.publicInteger("e"))
        self.key = key
        contexts = ContextPool(key: key, purpose: .signing)
    }

    /// Takes a key from outside after the checks that `validation` names. Throws `.inconsistentKey` when they fail.
    convenience init(checking key: PKey, _ validation: Validation) throws(CryptoError) {
        try self.init(trusting: key)
        let sound =
            switch validation {
            case .full: try Self.passesFullCheck(key)
            case .pairwise: try passesPairwiseCheck()
            }
        guard sound else {
            throw OpenSSL.failure(.inconsistentKey, "the private key does not belong to its public half, or is damaged; export it again")
        }
    }

    /// Makes a key of 2048, 3072 or 4096 bits with the exponent 65537. Takes from tens of milliseconds to seconds: not for a
    /// request's path.
    ///
    /// Throws `.invalidArgument` for another size.
    package static func generate(bits: Int) throws(CryptoError) -> RSAPrivateKey {
        guard generatedBits.contains(bits) else {
            throw CryptoError(.invalidArgument, "an RSA key is made with 2048, 3072 or 4096 bits, not \(bits)")
        }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else { throw OpenSSL.outOfMemory() }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var pointer: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1,
            unsafe EVP_PKEY_generate(context, &pointer) == 1
        else { throw OpenSSL.failure(.unavailable, "no RSA key could be made; check libcrypto's configuration") }
        return try unsafe RSAPrivateKey(trusting: PKey(owning: pointer, orThrow: OpenSSL.outOfMemory()))
    }

    /// The RS256 signature of `message`, as long as the modulus. From any thread.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let digest = SHA256.digest(message.span)
        return try contexts.withContext { (context) throws(CryptoError) in try context.sign(digest: digest, count: publicKey.modulus.count)
        }
    }

    /// A copy of the key with a prepared context, for one thread.
    package func makeSigner() throws(CryptoError) -> RSASigner {
        RSASigner(context: try SignatureContext(copying: key, for: .signing), count: publicKey.modulus.count)
    }

    private static func passesFullCheck(_ key: PKey) throws(CryptoError) -> Bool {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else { throw OpenSSL.outOfMemory() }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        return unsafe EVP_PKEY_check(context) == 1
    }

    private func passesPairwiseCheck() throws(CryptoError) -> Bool {
        let message = try Random.bytes(32)
        guard let signature = try? sign(message) else { return false }
        return publicKey.verify(signature, of: message)
    }
}
