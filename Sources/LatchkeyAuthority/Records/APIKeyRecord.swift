import LatchkeyStore
package import LatchkeyVerifier

/// An API key as it is listed and shown. Neither the secret nor its hash is in it.
package struct APIKeyRecord: JSONRecord {
    package static let version = 1

    package enum Kind: String, Sendable, Codable, CaseIterable {
        case service
        case selfService = "self_service"
        case organisationToken = "org_token"
    }

    package let id: String
    package let orgId: String
    /// The secret's first 11 characters.
    package let prefix: String
    package let name: String
    package let kind: Kind
    /// Normalised.
    package let scopes: [String]
    package let createdAt: Timestamp
    /// The maker's label, such as `api-key:lk_0a1b2c3d`.
    package let createdBy: String
    /// The id of the key, identity or session that made it; none when the operator did.
    package let makerId: String?
    package let rootId: String
    /// Of a self-service key: the identity that it acts as.
    package var identityId: String?
    /// The id of the key that it replaced when it was made.
    package var replaces: String?
    package var expiresAt: Timestamp?
    package var revokedAt: Timestamp?
    package var revokeReason: String?
    /// Of a key that lives on beside the one that replaced it: when it was replaced, by which one last, and the end that it had before.
    package private(set) var replacedAt: Timestamp?
    package private(set) var replacedBy: String?
    package private(set) var endBefore: Timestamp?

    var isReplaced: Bool { replacedAt != nil }

    func isLive(at now: Timestamp) -> Bool { revokedAt == nil && expiresAt.map { now < $0 } ?? true }

    /// Lets a key live on beside the one that has replaced it, never longer than it would have.
    mutating func replace(by successor: String, at now: Timestamp, endingAt end: Timestamp) {
        if !isReplaced { endBefore = expiresAt }
        replacedAt = replacedAt ?? now
        replacedBy = successor
        expiresAt = expiresAt.map { min($0, end) } ?? end
    }
}
