import LatchkeyStore
package import LatchkeyVerifier

/// The chain of token pairs that one issue started: what each refresh of it may give.
package struct SessionRecord: JSONRecord {
    package static let version = 1

    package let id: String
    package let orgId: String
    package let identityId: String
    package let scopes: [String]
    package let audience: [String]
    /// Seconds.
    package let accessTTL: Int64
    /// Seconds.
    package let refreshTTL: Int64
    package let startedAt: Timestamp
    package let endsAt: Timestamp
    package let startedBy: String
    /// The id of the key, identity or session that started it; none when the operator did.
    package let makerId: String?
}
