import COpenSSL

/// A sequence of pieces, each sealed with AES-256-GCM, that can't be reordered, cut, joined or lengthened without being noticed: the STREAM
/// construction (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015).
///
/// The nonce of a piece is its number, eleven bytes, big-endian, and one byte that is 1 on the last piece and 0 before it. So no nonce comes
/// twice as long as the key is used for one stream, which is the caller's part: derive it from something random. Sealed, a piece is as long as
/// before and 16 bytes of tag.
package struct SealedStream {
    package static let overhead = AESGCM.tagCount

    private let key: Secret
    private let associatedData: [UInt8]
    private var number: UInt64 = 0

    /// - Parameters:
    ///   - key: 32 bytes, for this stream alone.
    ///   - associatedData: what the stream belongs to; authenticated with each piece, not contained.
    package init(key: Secret, associatedData: [UInt8]) throws(CryptoError) {
        guard key.count == AESGCM.keyCount else { throw CryptoError(.invalidArgument, "a sealing key has 32 bytes, not \(key.count)") }
        self.key = key
        self.associatedData = associatedData
    }

    /// Seals the next piece.
    package mutating func seal(_ piece: [UInt8], isLast: Bool) throws(CryptoError) -> [UInt8] {
        let context = try CipherContext(key: key, nonce: nextNonce(isLast: isLast), encrypting: true)
        try context.authenticate(associatedData)
        return try context.encrypt(piece.span) + context.finishEncrypting()
    }

    /// Opens the next piece. Throws `.authenticationFailed` for any that is not the one that was sealed in this place.
    package mutating func open(_ sealed: [UInt8], isLast: Bool) throws(CryptoError) -> [UInt8] {
        guard sealed.count >= Self.overhead else { throw CipherContext.refusal() }
        let context = try CipherContext(key: key, nonce: nextNonce(isLast: isLast), encrypting: false)
        try context.authenticate(associatedData)
        return try context.decryptBytes(sealed[..<(sealed.count - Self.overhead)], tag: Array(sealed.suffix(Self.overhead)))
    }

    private mutating func nextNonce(isLast: Bool) -> [UInt8] {
        defer { number += 1 }
        return [0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) } + [isLast ? 1 : 0]
    }
}
