package import LatchkeyCrypto

/// The public half of an install's trust anchor: an Ed25519 key (RFC 8032) that signs its bundles and the checkpoints of its audit log.
///
/// It comes to a verifier once, as a file, by a way that can't be forged; its fingerprint is for comparing the file with what the
/// authority's operator reads out.
///
/// ```swift
/// let anchor = try TrustAnchor(pem: Array(anchorFile))
/// print(anchor.fingerprint)
/// ```
public struct TrustAnchor: Sendable, Equatable {
    private let key: Ed25519PublicKey

    package init(_ key: Ed25519PublicKey) { self.key = key }

    /// The 32 bytes of RFC 8032 §5.1.5.
    package var raw: [UInt8] { key.raw }

    /// RFC 7638 with the members of RFC 8037 §2, SHA-256, base64url.
    public var keyId: String { key.thumbprint }

    /// Whether `signature` is this anchor's over `message`. Anything wrong with it is a "no".
    public func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool { key.verify(signature, of: message) }

    /// The first 160 bits of the SHA-256 of the `SubjectPublicKeyInfo`, as ten groups of four hexadecimal digits: what
    /// `openssl pkey -pubin -outform DER | openssl dgst -sha256` begins with.
    public var fingerprint: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for (index, byte) in SHA256.hash(der).prefix(20).enumerated() {
            if index > 0, index % 2 == 0 { text.append(UInt8(ascii: " ")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
