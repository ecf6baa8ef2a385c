import LatchkeyCrypto

/// A trust bundle as it was read: a file that an install's trust anchor signs, with all that a verifier without a network has to know
/// (issuer, public keys, revocations, and until when it may be used). Nothing is said yet of its signature: `checked(by:state:at:)` is next.
///
/// The file is a JWS in flattened JSON serialization (RFC 7515 §7.2.2) whose payload is not encoded (RFC 7797), one line in one spelling:
///
/// ```
/// {"payload":"{\"version\":1,\"install\":…}","protected":"eyJhbGciOiJFZERTQSIs…","signature":"…"}
/// ```
public struct TrustBundle: Sendable {
    /// Bytes.
    public static let greatestSize = 16 << 20

    /// The SHA-256 of the file's bytes, base64url: what the next bundle calls the one before it.
    public let hash: String
    /// `keyId` of the anchor that the file says it is signed by.
    public let keyId: String
    package let contents: BundleContents
    let signingInput: [UInt8]
    let signature: [UInt8]

    public var install: String { contents.install }
    public var issuer: String { contents.issuer }
    /// 1 for an install's first bundle; it only grows.
    public var sequence: Int64 { contents.sequence }
    public var madeAt: Timestamp { contents.madeAt }
    public var notAfter: Timestamp { contents.notAfter }

    /// Reads a bundle of at most 16 MiB, in the one form in which it is written.
    ///
    /// - Throws: `.bundle` for anything else: one byte more, less or other than in a bundle that an authority made.
    public init(reading file: [UInt8]) throws(VerificationError) {
        guard file.count <= Self.greatestSize else {
            throw VerificationError(.bundle, "this is not a trust bundle: it is larger than \(Self.greatestSize >> 20) MiB")
        }
        do {
            var reader = CanonicalReader(file)
            let (payload, protected, signature) = try reader.object { reader in
                try reader.key("payload")
                let payload = try reader.text()
                try reader.key("protected")
                let protected = try reader.string()
                try reader.key("signature")
                return (payload, protected, try reader.string())
            }
            try reader.take(UInt8(ascii: "\n"))
            try reader.end()
            guard let raw = Base64URL.decode(signature), let header = Base64URL.decode(protected) else {
                throw reader.mismatch("base64url")
            }
            keyId = try Self.keyId(of: header)
            var inner = CanonicalReader(payload)
            contents = try BundleContents(from: &inner)
            try inner.end()
            signingInput = Self.signingInput(protected: protected, payload: payload)
            self.signature = raw
        } catch let mismatch as CanonicalReader.Mismatch {
            throw VerificationError(
                .bundle, "this is not a trust bundle that this version reads: it is cut, changed, or of another form, \(mismatch.place)")
        } catch {
            throw VerificationError(.bundle, "this is not a trust bundle that this version reads: \(error)")
        }
        hash = Base64URL.encode(SHA256.hash(file))
        // What was read says the same as the file only when writing it gives the file again.
        guard Self.assemble(protected: Self.header(keyId: keyId), payload: contents.json(), signature: signature) == file else {
            throw VerificationError(
                .bundle, "this is not a trust bundle that this version reads: it is not in the form that Latchkey writes")
        }
    }
}
