package import LatchkeyVerifier

/// Who a token speaks for.
///
/// Kept in a binary form, not as JSON: a read of an identity is a hot path, and decoding JSON (10 µs) would cost more than the rest of the
/// request.
package struct IdentityRecord: Sendable, Equatable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case agent, human, service
    }

    package enum Status: String, Sendable, Codable, CaseIterable {
        case active, suspended, retired
    }

    package let id: String
    package let orgId: String
    package var name: String
    package var type: Kind
    package let workspaceId: String
    package var status: Status
    /// Normalised.
    package var scopes: [String]
    /// Kept and returned; they grant nothing.
    package var roles: [String]
    package var metadata: [String: String]
    package let sponsorId: String
    package let sponsorChain: [String]
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    package var suspendedAt: Timestamp?
    package var suspendReason: String?
    package let createdBy: String
    /// The identity that created this one; its fate is this one's.
    package let parentId: String?
    /// The id of the key, identity or session that made it; none when the operator did.
    package let makerId: String?
    package let rootId: String
}
