import COpenSSL

/// One AES-256-GCM operation: made, fed the associated data, then the text, then finished.
@safe final class CipherContext {
    let nonce: [UInt8]
    private let context: OpaquePointer

    /// `key` has 32 bytes and `nonce` 12, which is also libcrypto's default for this cipher.
    init(key: Secret, nonce: [UInt8], encrypting: Bool) throws(CryptoError) {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { throw OpenSSL.outOfMemory() }
        self.nonce = nonce
        unsafe self.context = context
        let started = key.withBytes { key in
            unsafe key.withUnsafeBufferPointer { key in
                unsafe nonce.withUnsafeBufferPointer { nonce in
                    unsafe EVP_CipherInit_ex2(
                        context, Algorithms.aes256GCM, key.baseAddress, nonce.baseAddress, encrypting ? 1 : 0, nil)
                }
            }
        }
        guard started == 1 else { throw OpenSSL.outOfMemory() }
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// One message for every cause: which part was wrong helps only whoever changed it.
    static func refusal() -> CryptoError {
        OpenSSL.forgetFailure()
        return CryptoError(
            .authenticationFailed, "the sealed data can't be opened: it was changed or moved, or it was sealed under another key")
    }

    func authenticate(_ associatedData: [UInt8]) throws(CryptoError) {
        guard !associatedData.isEmpty else { return }
        guard unsafe update(output: nil, input: associatedData.span) else { throw OpenSSL.outOfMemory() }
    }

    func encrypt(_ plaintext: Secret) throws(CryptoError) -> [UInt8] {
        try plaintext.withBytes { (bytes) throws(CryptoError) in try encrypt(bytes) }
    }

    func encrypt(_ plaintext: Span<UInt8>) throws(CryptoError) -> [UInt8] {
        guard plaintext.count > 0 else { return [] }
        var output = [UInt8](repeating: 0, count: plaintext.count)
        let done = unsafe output.withUnsafeMutableBufferPointer { unsafe update(output: $0.baseAddress, input: plaintext) }
        guard done else { throw OpenSSL.outOfMemory() }
        return output
    }

    func finishEncrypting() throws(CryptoError) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: AESGCM.tagCount)
        var none: Int32 = 0
        let done = unsafe tag.withUnsafeMutableBufferPointer { tag in
            unsafe EVP_CipherFinal_ex(context, tag.baseAddress, &none) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), tag.baseAddress) == 1
        }
        guard done else { throw OpenSSL.outOfMemory() }
        return tag
    }

    /// As ``decrypt(_:tag:)``, into ordinary memory, which is wiped when the tag is wrong.
    func decryptBytes(_ ciphertext: ArraySlice<UInt8>, tag: [UInt8]) throws(CryptoError) -> [UInt8] {
        try expect(tag)
        var output = [UInt8](repeating: 0, count: ciphertext.count)
        let good = unsafe output.withUnsafeMutableBufferPointer { output in
            var none: Int32 = 0
            var spare: UInt8 = 0
            return unsafe (ciphertext.isEmpty || update(output: output.baseAddress, input: ciphertext.span))
                && EVP_CipherFinal_ex(context, &spare, &none) == 1
        }
        guard good else {
            for index in output.indices { output[index] = 0 }
            throw Self.refusal()
        }
        return output
    }

    private func expect(_ tag: [UInt8]) throws(CryptoError) {
        var tag = tag
        let expects = unsafe tag.withUnsafeMutableBufferPointer {
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32($0.count), $0.baseAddress)
        }
        guard expects == 1 else { throw OpenSSL.outOfMemory() }
    }

    func decrypt(_ ciphertext: ArraySlice<UInt8>, tag: [UInt8]) throws(CryptoError) -> Secret {
        try expect(tag)
        // On a wrong tag the initialiser throws, and what was decrypted is wiped with the memory it was written to.
        return try Secret(count: ciphertext.count) { (output) throws(CryptoError) in
            let good = unsafe output.withUnsafeMutableBufferPointer { output in
                var none: Int32 = 0
                var spare: UInt8 = 0
                return unsafe (ciphertext.isEmpty || update(output: output.baseAddress, input: ciphertext.span))
                    && EVP_CipherFinal_ex(context, &spare, &none) == 1
            }
            guard good else { throw Self.refusal() }
        }
    }

    private func update(output: UnsafeMutablePointer<UInt8>?, input: Span<UInt8>) -> Bool {
        var count: Int32 = 0
        let done = unsafe input.withUnsafeBufferPointer {
            unsafe EVP_CipherUpdate(context, output, &count, $0.baseAddress, Int32($0.count))
        }
        return done == 1 && Int(count) == input.count
    }
}
