package import LatchkeyCrypto

extension TrustAnchor {
    /// What an Ed25519 `SubjectPublicKeyInfo` begins with, up to its 32 bytes (RFC 8410 §4).
    private static let derPrefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
    private static let firstLine = "-----BEGIN PUBLIC KEY-----"
    private static let lastLine = "-----END PUBLIC KEY-----"
    /// Bytes of the largest file that is read. The anchor itself takes 113; the rest is room for white space.
    public static let greatestSize = 1024

    /// `SubjectPublicKeyInfo` (RFC 8410 §4).
    package var der: [UInt8] { Self.derPrefix + raw }

    /// The anchor's file: one PEM block (RFC 7468 §13), and nothing else.
    public var pem: String { "\(Self.firstLine)\n\(Base64.encode(der))\n\(Self.lastLine)\n" }

    /// Reads an anchor's file: one PEM block `PUBLIC KEY` with an Ed25519 key, and nothing but white space around it.
    ///
    /// - Throws: `.anchor` for anything else.
    public init(pem file: [UInt8]) throws(VerificationError) {
        guard file.count <= Self.greatestSize, let text = String(validating: file, as: UTF8.self) else { throw Self.unreadable() }
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        guard lines.count == 3, lines[0].utf8.elementsEqual(Self.firstLine.utf8), lines[2].utf8.elementsEqual(Self.lastLine.utf8),
            let der = Base64.decode(lines[1].utf8), der.starts(with: Self.derPrefix),
            let key = try? Ed25519PublicKey(raw: Array(der.dropFirst(Self.derPrefix.count))),
            case let anchor = TrustAnchor(key), lines[1].utf8.elementsEqual(Base64.encode(anchor.der).utf8)
        else { throw Self.unreadable() }
        self = anchor
    }

    /// The key in a JWK that is meant for it (RFC 8037 §2).
    ///
    /// - Throws: `.anchor` when it is none, or calls itself by another `kid` than its thumbprint.
    package init(jwk: JWK) throws(VerificationError) {
        guard let key = try? Ed25519PublicKey(jwk: jwk), jwk.kid.map({ $0.utf8.elementsEqual(key.thumbprint.utf8) }) ?? true else {
            throw VerificationError(.anchor, "the JWK is no Ed25519 key under its own thumbprint")
        }
        self.init(key)
    }

    private static func unreadable() -> VerificationError {
        VerificationError(
            .anchor,
            "this is not a trust anchor: one PEM block \"PUBLIC KEY\" with an Ed25519 key is needed, as latchkey anchor show --out writes it"
        )
    }
}
