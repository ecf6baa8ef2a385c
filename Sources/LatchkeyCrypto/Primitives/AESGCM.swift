import COpenSSL

/// Sealing with AES-256-GCM (NIST SP 800-38D).
///
/// Sealed bytes are a 12-byte random nonce, the ciphertext (as long as the plaintext) and a 16-byte tag. The nonce is drawn
/// anew by every `seal` and can't be chosen, because one repeat under a key would give the key's authentication away; random nonces
/// are good for 2^32 seals under one key.
package enum AESGCM {
    package static let keyCount = 32
    static let nonceCount = 12
    static let tagCount = 16
    /// What a seal adds to the plaintext's length.
    package static let overhead = nonceCount + tagCount
    static let greatestCount = 1 << 30

    /// Seals `plaintext`; `associatedData` is authenticated, not contained, and must be given again to open.
    ///
    /// Throws `.invalidArgument` for a key that hasn't 32 bytes or for more than 1 GiB.
    package static func seal(_ plaintext: Secret, key: Secret, associatedData: [UInt8]) throws(CryptoError) -> [UInt8] {
        try check(key, plaintext.count, associatedData.count)
        let context = try CipherContext(key: key, nonce: try Random.bytes(nonceCount), encrypting: true)
        try context.authenticate(associatedData)
        var sealed = context.nonce
        sealed.reserveCapacity(plaintext.count + overhead)
        sealed.append(contentsOf: try context.encrypt(plaintext))
        sealed.append(contentsOf: try context.finishEncrypting())
        return sealed
    }

    /// Opens what `seal` made, all or nothing: no byte of the plaintext is given out before the tag has been checked.
    ///
    /// Throws `.authenticationFailed`, with one message, for anything changed, cut, lengthened or sealed otherwise;
    /// `.invalidArgument` as `seal` does.
    package static func open(_ sealed: [UInt8], key: Secret, associatedData: [UInt8]) throws(CryptoError) -> Secret {
        try check(key, sealed.count, associatedData.count)
        guard sealed.count >= overhead else { throw CipherContext.refusal() }
        let context = try CipherContext(key: key, nonce: Array(sealed.prefix(nonceCount)), encrypting: false)
        try context.authenticate(associatedData)
        return try context.decrypt(sealed[nonceCount..<sealed.count - tagCount], tag: Array(sealed.suffix(tagCount)))
    }

    private static func check(_ key: Secret, _ count: Int, _ associatedCount: Int) throws(CryptoError) {
        guard key.count == keyCount else { throw CryptoError(.invalidArgument, "a sealing key has 32 bytes, not \(key.count)") }
        guard count <= greatestCount, associatedCount <= greatestCount else {
            throw CryptoError(.invalidArgument, "at most 1 GiB can be sealed at once")
        }
    }
}
