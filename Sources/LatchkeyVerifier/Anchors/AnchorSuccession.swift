import LatchkeyCrypto

/// The word of a trust anchor that another one follows it: a compact JWS (RFC 7515 §7.1) that the old anchor signed.
///
/// ```
/// {"alg":"EdDSA","kid":"KID OF THE OLD","typ":"latchkey-anchor-succession+jws"}
/// {"install":"inst_…","from":"KID OF THE OLD","to":{JWK OF THE NEW},"number":1,"madeAt":"2026-03-01T12:00:00.000Z"}
/// ```
///
/// Anchors of one install are counted: the first has number 0, and the one that a statement brings in has the statement's number.
public struct AnchorSuccession: Sendable, Equatable {
    /// The most statements that a bundle carries; older ones are left out first.
    public static let greatestChain = 16
    /// The `typ` of a statement's header (RFC 8725 §3.11).
    package static let headerType = "latchkey-anchor-succession+jws"
    package static let greatestNumber: Int64 = 1 << 31

    /// The statement as it is carried.
    public let text: String
    /// The id of the install.
    public let install: String
    /// `keyId` of the anchor that signed.
    public let from: String
    /// The anchor that counts from here on.
    public let to: TrustAnchor
    /// 1 for the first succession of an install.
    public let number: Int64
    /// By the install's clock.
    public let madeAt: Timestamp

    /// Reads a statement; whether it is signed, and by whom, is what `next(after:)` asks.
    ///
    /// - Throws: `.anchor` when the text is not such a statement in the form that it is written in.
    public init(reading text: String) throws(VerificationError) {
        do {
            let jws = try CompactJWS(parsing: text)
            self = try Self.read(jws.payload, text: text)
            guard Self.signingInput(self) == jws.signingInput else { throw Self.unreadable() }
        } catch {
            throw Self.unreadable()
        }
    }

    /// The anchor that this statement brings in, when it is `anchor`'s own.
    ///
    /// - Throws: `.anchor` when it comes from another anchor, or its signature does not match.
    public func next(after anchor: TrustAnchor) throws(VerificationError) -> TrustAnchor {
        guard from.utf8.elementsEqual(anchor.keyId.utf8), let jws = try? CompactJWS(parsing: text),
            anchor.verify(jws.signature, of: jws.signingInput)
        else {
            throw VerificationError(.anchor, "the statement of a new trust anchor is not signed by the anchor \(anchor.fingerprint)")
        }
        return to
    }

    private init(text: String, install: String, from: String, to: TrustAnchor, number: Int64, madeAt: Timestamp) {
        self.text = text
        self.install = install
        self.from = from
        self.to = to
        self.number = number
        self.madeAt = madeAt
    }

    private static func read(_ payload: [UInt8], text: String) throws -> AnchorSuccession {
        var reader = CanonicalReader(payload)
        let statement = try reader.object { reader in
            try reader.key("install")
            let install = try reader.string()
            try reader.key("from")
            let from = try reader.string()
            try reader.key("to")
            let to = try reader.anchorKey()
            try reader.key("number")
            let number = try reader.integer(in: 1...greatestNumber)
            try reader.key("madeAt")
            return AnchorSuccession(text: text, install: install, from: from, to: to, number: number, madeAt: try reader.timestamp())
        }
        try reader.end()
        return statement
    }

    private static func unreadable() -> VerificationError {
        VerificationError(.anchor, "the statement of a new trust anchor is not in the form that Latchkey writes it in")
    }
}

extension AnchorSuccession {
    /// Makes the statement; `sign` is the old anchor's.
    ///
    /// - Parameter from: the anchor that signs.
    package static func make(
        install: String, from: TrustAnchor, to: TrustAnchor, number: Int64, madeAt: Timestamp, sign: ([UInt8]) throws -> [UInt8]
    ) throws -> AnchorSuccession {
        let draft = AnchorSuccession(text: "", install: install, from: from.keyId, to: to, number: number, madeAt: madeAt)
        let input = signingInput(draft)
        return try AnchorSuccession(reading: CompactJWS.assemble(signingInput: input, signature: sign(input)))
    }

    /// What the old anchor signs.
    private static func signingInput(_ statement: AnchorSuccession) -> [UInt8] {
        var header = JSONWriter(capacity: 160)
        header.object { writer in
            writer.member("alg", "EdDSA")
            writer.member("kid", statement.from)
            writer.member("typ", headerType)
        }
        var payload = JSONWriter(capacity: 512)
        payload.object { writer in
            writer.member("install", statement.install)
            writer.member("from", statement.from)
            writer.key("to")
            writer.anchorKey(statement.to)
            writer.member("number", statement.number)
            writer.member("madeAt", statement.madeAt)
        }
        return CompactJWS.signingInput(header: header.bytes, payload: payload.bytes)
    }
}

extension JSONWriter {
    /// An anchor as a JWK (RFC 8037 §2).
    package mutating func anchorKey(_ anchor: TrustAnchor) {
        object { writer in
            writer.member("kty", "OKP")
            writer.member("crv", "Ed25519")
            writer.member("x", Base64URL.encode(anchor.raw))
            writer.member("alg", "EdDSA")
            writer.member("use", "sig")
            writer.member("kid", anchor.keyId)
        }
    }
}

extension CanonicalReader {
    fileprivate mutating func anchorKey() throws -> TrustAnchor {
        let jwk = try object { reader in
            try reader.key("kty")
            var jwk = JWK(kty: try reader.string())
            try reader.key("crv")
            jwk.crv = try reader.string()
            try reader.key("x")
            jwk.x = try reader.string()
            try reader.key("alg")
            jwk.alg = try reader.string()
            try reader.key("use")
            jwk.use = try reader.string()
            try reader.key("kid")
            jwk.kid = try reader.string()
            return jwk
        }
        return try TrustAnchor(jwk: jwk)
    }
}
