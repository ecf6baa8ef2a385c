import LatchkeyCrypto

/// What a verifier remembers of the newest bundle that it accepted, so that it takes no older one and no other one in its place.
///
/// Whoever keeps it must replace it as a whole, durably, before acting on the bundle that it came from.
public struct BundleState: Sendable, Equatable {
    public let install: String
    /// The anchor that signed the bundle: with its key, so that another anchor's claim to follow it can be verified.
    public let signer: TrustAnchor
    /// How many anchors came before that one, as far as statements that were verified said so.
    public let anchorNumber: Int64
    public let sequence: Int64
    /// `TrustBundle.hash`.
    public let hash: String

    /// `keyId` of the anchor that signed the bundle.
    public var anchor: String { signer.keyId }

    package init(install: String, signer: TrustAnchor, anchorNumber: Int64, sequence: Int64, hash: String) {
        self.install = install
        self.signer = signer
        self.anchorNumber = anchorNumber
        self.sequence = sequence
        self.hash = hash
    }

    /// What is remembered, as one line of JSON.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("version", Self.version)
            writer.member("install", install)
            writer.member("anchor", anchor)
            writer.member("x", Base64URL.encode(signer.raw))
            writer.member("anchorNumber", anchorNumber)
            writer.member("sequence", sequence)
            writer.member("hash", hash)
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Reads what `json()` wrote.
    ///
    /// - Throws: `.state` for anything else. Then nothing is known of earlier bundles: to begin anew would be to forget them.
    public init(json: [UInt8]) throws(VerificationError) {
        do {
            var reader = CanonicalReader(json)
            self = try reader.object { reader in
                try reader.key("version")
                _ = try reader.integer(in: Self.version...Self.version)
                try reader.key("install")
                let install = try reader.string()
                try reader.key("anchor")
                let anchor = try reader.digest()
                try reader.key("x")
                let signer = try TrustAnchor(jwk: JWK(kty: "OKP", kid: anchor, crv: "Ed25519", x: reader.string()))
                try reader.key("anchorNumber")
                let anchorNumber = try reader.integer(in: 0...AnchorSuccession.greatestNumber)
                try reader.key("sequence")
                let sequence = try reader.integer(in: 1...BundleContents.greatestNumber)
                try reader.key("hash")
                return BundleState(
                    install: install, signer: signer, anchorNumber: anchorNumber, sequence: sequence, hash: try reader.digest())
            }
            try reader.take(UInt8(ascii: "\n"))
            try reader.end()
        } catch {
            throw VerificationError(
                .state,
                "what was remembered of earlier bundles can't be read; find out what changed it, and only then begin anew without it")
        }
    }

    private static let version: Int64 = 1
}
