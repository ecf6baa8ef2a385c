import LatchkeyCrypto
import LatchkeyStore
package import LatchkeyVerifier

/// The move from HS256 to RS256: one record, for installs that brought a legacy secret.
package struct CutoverRecord: JSONRecord, Equatable {
    package static let version = 1
    package static let key = "cutover"

    package enum Phase: String, Sendable, Codable, CaseIterable {
        /// Signs HS256. The RSA keys are shown and verify, and sign nothing.
        case legacy
        /// As `legacy`; the JWKS was proven from outside, and verifiers have time to fetch it.
        case published
        /// Signs RS256; both verify.
        case cutover
        /// RS256 alone.
        case sunset
        /// As `sunset`; the secret is gone.
        case purged

        package var signsLegacy: Bool { self == .legacy || self == .published }
        package var verifiesLegacy: Bool { signsLegacy || self == .cutover }
        /// Whether keys are neither rotated by plan or by hand nor imported.
        package var holdsKeys: Bool { verifiesLegacy }
    }

    /// A resource server that the operator has listed.
    package struct Verifier: Sendable, Codable, Equatable {
        package let name: String
        /// `RS256`, `HS256` or both.
        package var accepts: [String]

        package init(name: String, accepts: [String]) {
            self.name = name
            self.accepts = accepts
        }
    }

    /// Key id in the header of legacy tokens.
    package let kid: String
    /// `iss` of legacy tokens.
    package let issuer: String
    /// Seconds: the longest life of a legacy token from elsewhere.
    package let maxTTL: Int64
    /// When the last legacy token from elsewhere is issued.
    package let issuedUntil: Timestamp
    /// The HMAC secret, sealed under the master key; base64url. None once it was destroyed.
    package var sealedSecret: String?
    package let importedAt: Timestamp
    package var phase: Phase
    package var phaseSince: Timestamp
    /// Since when the JWKS that the next signer stands in is public, as a fetch has shown.
    package var publicSince: Timestamp?
    package var verifiers: [Verifier]
    /// Steps that were taken since the import, forward or back; one that was undone at once is none.
    package var steps: Int? = nil
}

extension CutoverRecord {
    private static let sealType: StaticString = "legacy-secret"

    static func sealed(_ secret: Secret, kid: String, by seal: Seal) throws(CryptoError) -> String {
        try seal.seal(secret, type: sealType, id: kid, version: version)
    }

    func openedSecret(sealed: String, by seal: Seal) throws -> Secret {
        try seal.open(sealed, type: Self.sealType, id: kid, version: Self.version)
    }
}
