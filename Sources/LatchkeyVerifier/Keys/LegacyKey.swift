package import LatchkeyCrypto

/// The HMAC key of the tokens that an install signed before it had RSA keys (HS256, RFC 7518 §3.2). It counts only while a cutover is under
/// way, and only for tokens that name it. No key set holds one unless it was given one.
///
/// Whoever can verify with it can also sign with it, so it has no JWK, no description and no coding, and nothing but this type sees its
/// secret.
public final class LegacyKey: Sendable {
    /// The `kid` that its tokens name, and no other key has.
    public let kid: String
    /// The `iss` of its tokens.
    public let issuer: String
    private let secret: Secret

    /// The only algorithm of this key, as a token's header spells it.
    package static let algorithm = "HS256"
    /// Bytes. Fewer than 16 can be guessed; more than 1,024 is a file that was taken for a secret.
    package static let secretSizes = 16...1024

    /// Throws `.keySet` for a `kid`, a secret or an issuer that `problem` speaks of.
    package init(kid: String, secret: Secret, issuer: String) throws(VerificationError) {
        if let problem = Self.problem(ofKeyId: kid) ?? Self.problem(of: secret) ?? Self.problem(ofIssuer: issuer) {
            throw VerificationError(.keySet, problem)
        }
        self.kid = kid
        self.secret = secret
        self.issuer = issuer
    }

    /// The secret's bytes are copied; those given are the caller's to wipe.
    ///
    /// - Parameters:
    ///   - kid: the one `kid` that tokens may name to be held against this secret.
    ///   - secret: 16 to 1,024 bytes, as the old issuer has them.
    ///   - issuer: `iss` of its tokens, exactly.
    /// - Throws: `.keySet` for a `kid`, a secret or an issuer that can't be one.
    public convenience init(kid: String, secret: [UInt8], issuer: String) throws(VerificationError) {
        try self.init(kid: kid, secret: Secret(copying: secret), issuer: issuer)
    }

    /// What is wrong with a `kid`, as a sentence; `nil` when it can be used.
    package static func problem(ofKeyId kid: String) -> String? {
        isVisible(kid, upTo: 128) ? nil : "the kid of the legacy key must be 1 to 128 visible ASCII characters"
    }

    /// What is wrong with an issuer, as a sentence; `nil` when it can be used.
    package static func problem(ofIssuer issuer: String) -> String? {
        isVisible(issuer, upTo: 256)
            ? nil : "the legacy issuer must be 1 to 256 visible ASCII characters, exactly as the tokens' iss says it"
    }

    /// What is wrong with a secret, as a sentence that says nothing of its content; `nil` when it can be used.
    ///
    /// A PEM is refused because it is a key pair's: taken as an HMAC secret, whoever has the public half could sign.
    package static func problem(of secret: Secret) -> String? {
        guard secretSizes.contains(secret.count) else {
            return "the legacy secret has \(secret.count) bytes; an HS256 secret has \(secretSizes.lowerBound) to \(secretSizes.upperBound)"
        }
        return holdsPEM(secret) ? "the legacy secret is a PEM; HS256 needs the shared secret itself, and no half of a key pair is one" : nil
    }

    /// Anywhere: before the mark there may be a newline, a byte order mark, or words.
    private static func holdsPEM(_ secret: Secret) -> Bool {
        let mark = Array("-----BEGIN".utf8)
        return secret.withBytes { bytes in
            (0...(bytes.count - mark.count)).contains { start in mark.indices.allSatisfy { bytes[start + $0] == mark[$0] } }
        }
    }

    /// Whether `signature` is this key's over `input`; how long that takes does not depend on where the two differ.
    func verify(_ signature: [UInt8], of input: [UInt8]) -> Bool {
        ConstantTime.equal(HMACSHA256.code(input, key: secret), signature)
    }

    /// The whole token over a signing input whose header says `HS256` and this key's `kid`.
    package func sign(_ input: [UInt8]) -> String {
        CompactJWS.assemble(signingInput: input, signature: HMACSHA256.code(input, key: secret))
    }

    private static func isVisible(_ text: String, upTo count: Int) -> Bool {
        (1...count).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// Reflection, and with it `dump` and debuggers' summaries, sees an object without parts.
extension LegacyKey: CustomReflectable {
    public var customMirror: Mirror {
        Mirror(self, children: [], displayStyle: .class, ancestorRepresentation: .suppressed)
    }
}
