import COpenSSL

extension RSAPrivateKey {
    /// How far a key from outside is distrusted.
    package enum Validation: Sendable {
        /// Primes, exponents and modulus are all checked (`EVP_PKEY_check`): for a key that a person brings. About 60 signatures' time.
        case full
        /// One signature is made and verified: for a key that was checked before and came back sealed. Costs about one signature's time.
        case pairwise
    }

    /// A PEM text with one unencrypted `PRIVATE KEY` (PKCS#8, RFC 5958) or `RSA PRIVATE KEY` (PKCS#1, RFC 8017 A.1.2) block.
    ///
    /// Always checked in full. Throws `.encryptedKey` for a key under a passphrase, `.unsupportedKey` for another type or size,
    /// `.inconsistentKey` when the halves don't match, `.malformedKey` for all that can't be read and for anything beside the key.
    package convenience init(pem: Secret) throws(CryptoError) {
        let block = try pem.withBytes { (text) throws(CryptoError) in try PEMBlock(text) }
        let label = Array(block.label.utf8)
        guard label != Array("ENCRYPTED PRIVATE KEY".utf8), !block.hasHeaders else {
            throw CryptoError(
                .encryptedKey,
                "the private key is under a passphrase; decrypt it first (openssl pkey -in FILE -out FILE) and import the result")
        }
        let isPKCS1 = label == Array("RSA PRIVATE KEY".utf8)
        if !isPKCS1, label != Array("PRIVATE KEY".utf8) {
            guard label.suffix(11) == Array("PRIVATE KEY".utf8)[...] else {
                throw CryptoError(.malformedKey, "the PEM block is not a private key; it must begin with -----BEGIN PRIVATE KEY-----")
            }
            throw CryptoError(.unsupportedKey, "the private key is not an RSA key; RS256 needs one of 2048 bits or more")
        }
        try self.init(checking: isPKCS1 ? Self.decodePKCS1(block.der) : Self.decodePKCS8(block.der), .full)
    }

    /// A DER structure `PrivateKeyInfo` (PKCS#8, RFC 5958). Throws as `init(pem:)` does.
    package convenience init(pkcs8 der: Secret, validation: Validation = .full) throws(CryptoError) {
        try self.init(checking: Self.decodePKCS8(der), validation)
    }

    /// The key as unencrypted PKCS#8 in DER: what the store seals.
    package func pkcs8() throws(CryptoError) -> Secret {
        guard let info = unsafe EVP_PKEY2PKCS8(key.pointer) else { throw OpenSSL.outOfMemory() }
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
        let count = unsafe i2d_PKCS8_PRIV_KEY_INFO(info, nil)
        guard count > 0 else { throw OpenSSL.outOfMemory() }
        return Secret(count: Int(count)) { span in
            unsafe span.withUnsafeMutableBufferPointer { buffer in
                var next = buffer.baseAddress
                _ = unsafe i2d_PKCS8_PRIV_KEY_INFO(info, &next)
            }
        }
    }

    private static func decodePKCS8(_ der: Secret) throws(CryptoError) -> PKey {
        let (info, complete) = unsafe parse(der) { unsafe d2i_PKCS8_PRIV_KEY_INFO(nil, &$0, $1) }
        guard let info = unsafe info else { throw unreadable() }
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
        guard unsafe complete && keyIsComplete(info) else { throw trailing() }
        return try unsafe PKey(owning: EVP_PKCS82PKEY_ex(info, nil, nil), orThrow: unreadable())
    }

    /// Whether the key inside a `PrivateKeyInfo` is one DER element and nothing more, which libcrypto doesn't look at.
    private static func keyIsComplete(_ info: OpaquePointer) -> Bool {
        var start: UnsafePointer<UInt8>?
        var count: Int32 = 0
        guard unsafe PKCS8_pkey_get0(nil, &start, &count, nil, info) == 1, let start = unsafe start else { return false }
        var content: UnsafePointer<UInt8>? = unsafe start
        var contentCount = 0
        var tag: Int32 = 0
        var tagClass: Int32 = 0
        let form = unsafe ASN1_get_object(&content, &contentCount, &tag, &tagClass, Int(count))
        // Bit 7 is an error, bit 0 the indefinite length that DER doesn't have.
        guard form & 0x81 == 0, let content = unsafe content else {
            OpenSSL.forgetFailure()
            return false
        }
        return unsafe content + contentCount == start + Int(count)
    }

    private static func decodePKCS1(_ der: Secret) throws(CryptoError) -> PKey {
        let (pointer, complete) = unsafe parse(der) { unsafe d2i_PrivateKey_ex(EVP_PKEY_RSA, nil, &$0, $1, nil, nil) }
        let key = try unsafe PKey(owning: pointer, orThrow: unreadable())
        guard complete else { throw trailing() }
        return key
    }

    /// Runs one of libcrypto's DER readers, and says whether it took every byte.
    private static func parse(
        _ der: Secret, _ read: (inout UnsafePointer<UInt8>?, Int) -> OpaquePointer?
    ) -> (OpaquePointer?, complete: Bool) {
        unsafe der.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                var next = buffer.baseAddress
                let result = unsafe read(&next, buffer.count)
                return unsafe (result, next == buffer.baseAddress.map { unsafe $0 + buffer.count })
            }
        }
    }

    private static func unreadable() -> CryptoError {
        OpenSSL.failure(.malformedKey, "the private key can't be read; give an unencrypted PKCS#8 or PKCS#1 key")
    }

    private static func trailing() -> CryptoError {
        CryptoError(.malformedKey, "there are bytes after the end of the private key; export it again")
    }
}
