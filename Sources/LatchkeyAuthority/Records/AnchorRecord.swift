import LatchkeyStore
package import LatchkeyVerifier

/// The trust anchor: an Ed25519 key made once, that signs bundles and audit checkpoints.
package struct AnchorRecord: JSONRecord {
    package static let version = 1

    package let id: String
    /// Public key, 32 bytes, base64url.
    package let x: String
    /// The seed, sealed under the master key; base64url. None once the master key was given up.
    package var sealedSeed: String?
    package let createdAt: Timestamp
}
