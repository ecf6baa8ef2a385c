package import LatchkeyVerifier

/// An identity as people see it: its record, and when it was last active.
package struct Identity: Sendable {
    package let record: IdentityRecord
    package let lastActiveAt: Timestamp?

    /// One that has done nothing yet.
    package init(_ record: IdentityRecord) { self.init(record: record, lastActiveAt: nil) }

    init(record: IdentityRecord, lastActiveAt: Timestamp?) {
        self.record = record
        self.lastActiveAt = lastActiveAt
    }
}

/// What a change of an identity asks for; what is absent stays.
package struct IdentityChange: Sendable {
    package var name: String?
    package var type: String?
    package var scopes: [String]?
    package var roles: [String]?
    package var metadata: [String: String]?

    package init() {}
}

/// What an identity asks for that creates another one under it.
package struct SubAgentRequest: Sendable {
    package var name: String
    /// Absent: the parent's scopes that the caller covers.
    package var scopes: [String]?
    package var metadata: [String: String]?
    /// Seconds that the first access token lives.
    package var ttl: Double?

    package init(name: String) { self.name = name }
}

/// A new identity with its first token pair.
package struct SubAgent: Sendable {
    package let identity: IdentityRecord
    package let pair: TokenPair
}
