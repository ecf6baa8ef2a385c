import LatchkeyStore
package import LatchkeyVerifier

/// Who has presented a legacy token, and when last.
package struct LegacyUseRow: JSONRecord, Equatable {
    package static let version = 1

    package let subject: String
    /// The client's address, or `unknown` on the admin socket.
    package let address: String
    /// `aud` of the token, joined by spaces.
    package let audience: String
    package let lastSeenAt: Timestamp
}
