import LatchkeyStore
package import LatchkeyVerifier

/// A signing key: its public half, its state and the moments that its life went through. The private half is sealed, and gone once the key
/// is retired.
package struct SigningKeyRecord: JSONRecord, Equatable {
    package static let version = 1

    package enum State: String, Sendable, Codable {
        case standby, active, grace, retired, revoked
    }

    package enum Origin: String, Sendable, Codable {
        case generated, imported
    }

    /// RFC 7638 thumbprint.
    package let kid: String
    package let bits: Int
    package let origin: Origin
    package var state: State
    /// Modulus, base64url.
    package let n: String
    /// Exponent, base64url.
    package let e: String
    /// PKCS#8, sealed under the master key; base64url. None once it was destroyed.
    package var sealedPrivateKey: String?
    package let createdAt: Timestamp
    /// When it entered the JWKS.
    package var publishedAt: Timestamp
    package var activatedAt: Timestamp?
    /// When it stopped to sign.
    package var deactivatedAt: Timestamp?
    /// When it leaves the JWKS, fixed when it stopped to sign: a later configuration neither takes it away sooner nor brings it back.
    package var leavesAt: Timestamp?
    /// When it left the JWKS.
    package var leftAt: Timestamp?
    package var revokeReason: String?
    /// When the last copy of a JWKS from before this key may have been used: from then on every verifier with a copy knows it.
    package var knownBy: Timestamp?
    /// The latest not-after of a trust bundle that lacks this key: it does not sign before then by plan.
    package var bundlesLackItUntil: Timestamp?
    /// The latest not-after of a trust bundle that holds this key.
    package var heldByBundlesUntil: Timestamp?
    /// Seconds: the longest life of a token that this key may have signed, under any configuration that it signed in.
    package var longestToken: Int64?
}
