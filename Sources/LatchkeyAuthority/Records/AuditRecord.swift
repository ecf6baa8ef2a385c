import LatchkeyStore
package import LatchkeyVerifier

/// One entry of the audit log. Once written it never changes.
package struct AuditRecord: JSONRecord {
    package static let version = 1

    package enum Action: String, Sendable, Codable, CaseIterable {
        case tokenIssued = "token.issued"
        case tokenRefreshed = "token.refreshed"
        case tokenRevoked = "token.revoked"
        case tokenReuseDetected = "token.reuse_detected"
        case identityCreated = "identity.created"
        case apiKeyCreated = "api_key.created"
        case apiKeyRevoked = "api_key.revoked"
        case apiKeyDenied = "api_key.denied"
        case scopeDenied = "scope.denied"
        case scopeEscalationDenied = "scope.escalation_denied"
        case keyCreated = "key.created"
        case organisationCreated = "org.created"
    }

    package enum Result: String, Sendable, Codable {
        case allowed, denied, error
    }

    package let id: String
    package let seq: UInt64
    package let timestamp: Timestamp
    package let action: Action
    /// Who did it: a principal's label, or `system`, or `anonymous`.
    package let actor: String
    package let identityId: String?
    /// Empty when the entry belongs to no organisation: a denial of somebody who could not be told.
    package let orgId: String
    package let workspaceId: String?
    package let plane: String?
    package let resource: String?
    package let result: Result
    package let metadata: [String: String]
    package let ip: String?
    package let userAgent: String?
    package let requestId: String?
}
