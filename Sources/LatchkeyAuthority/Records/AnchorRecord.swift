import LatchkeyStore
package import LatchkeyVerifier

/// A trust anchor: an Ed25519 key that signs bundles and audit checkpoints. One of them does at a time; those before it are remembered without
/// their private halves.
package struct AnchorRecord: JSONRecord, Equatable {
    package static let version = 1

    package let id: String
    /// Public key, 32 bytes, base64url.
    package let x: String
    /// The seed, sealed under the master key; base64url. None once another anchor followed, or the master key was given up.
    package var sealedSeed: String?
    package let createdAt: Timestamp
    /// Its place in the line; none in records from before anchors were counted, and then it is the first.
    package var number: Int64?
    /// The word of the anchor before, which it signed: a compact JWS. None for the first, and for one whose predecessor was given up.
    package var succession: String?
    /// When another one took its place.
    package var endedAt: Timestamp?
}
