import FoundationEssentials
import LatchkeyStore
package import LatchkeyVerifier

/// One entry of the audit log. Once written it never changes.
package struct AuditRecord: Sendable, Equatable, Codable {
    package enum Action: String, Sendable, Codable, CaseIterable {
        case tokenIssued = "token.issued"
        case tokenRefreshed = "token.refreshed"
        case tokenRevoked = "token.revoked"
        case tokenReuseDetected = "token.reuse_detected"
        case identityCreated = "identity.created"
        case identityUpdated = "identity.updated"
        case identitySuspended = "identity.suspended"
        case identityReactivated = "identity.reactivated"
        case identityRetired = "identity.retired"
        case identityDeleted = "identity.deleted"
        case apiKeyCreated = "api_key.created"
        case apiKeyRevoked = "api_key.revoked"
        case apiKeyRotated = "api_key.rotated"
        case apiKeyDenied = "api_key.denied"
        case scopeDenied = "scope.denied"
        case scopeEscalationDenied = "scope.escalation_denied"
        case keyCreated = "key.created"
        case keyRotated = "key.rotated"
        case keyRetired = "key.retired"
        case keyRevoked = "key.revoked"
        case keyImported = "key.imported"
        case sealRewrapped = "seal.rewrapped"
        case clockAccepted = "clock.accepted"
        case anchorSucceeded = "anchor.succeeded"
        case bundleExported = "bundle.exported"
        case cutoverSecretImported = "cutover.secret_imported"
        case cutoverAdvanced = "cutover.advanced"
        case cutoverRolledBack = "cutover.rolled_back"
        case cutoverPurged = "cutover.purged"
        case cutoverVerifierChanged = "cutover.verifier_changed"
        case organisationCreated = "org.created"
        case organisationUpdated = "org.updated"
        case auditRemoved = "audit.removed"
        case backupCreated = "backup.created"
        case backupRestored = "backup.restored"
        case configurationChanged = "config.changed"
    }

    package enum Result: String, Sendable, Codable, CaseIterable {
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
    /// Empty when no request made the entry.
    package let requestId: String
}

extension AuditRecord {
    /// The entry as JSON, always in the same bytes: what the log keeps, what the API answers with, and what can be hashed.
    package func json() -> [UInt8] {
        var writer = JSONWriter(capacity: 768)
        writer.object { writer in
            writer.member("id", id)
            writer.member("seq", Int64(clamping: seq))
            writer.member("timestamp", timestamp)
            writer.member("action", action.rawValue)
            writer.member("actor", actor)
            writer.member("identityId", ifPresent: identityId)
            writer.member("orgId", orgId)
            writer.member("workspaceId", ifPresent: workspaceId)
            writer.member("plane", ifPresent: plane)
            writer.member("resource", ifPresent: resource)
            writer.member("result", result.rawValue)
            writer.member("metadata", metadata)
            writer.member("ip", ifPresent: ip)
            writer.member("userAgent", ifPresent: userAgent)
            writer.member("requestId", requestId)
        }
        return writer.bytes
    }

    init(json: [UInt8]) throws { self = try JSONDecoder().decode(AuditRecord.self, from: Data(json)) }
}

/// An entry in the bytes that the log keeps. A list hands them on as they are; whoever wants to know what they say decodes them.
package struct AuditEntry: StoreRow, Equatable {
    private static let form: UInt8 = 1

    /// One JSON object.
    package let json: [UInt8]

    package init(_ record: AuditRecord) { json = record.json() }

    /// - Parameter json: an entry's bytes, as the log of another store keeps them.
    init(stored json: [UInt8]) { self.json = json }

    package func record() throws -> AuditRecord {
        do {
            return try AuditRecord(json: json)
        } catch {
            throw StoreError(.undecodable, "an entry of the audit log is not of its form")
        }
    }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self {
        guard !bytes.isEmpty, bytes[0] == form else { throw BinaryRowError.unknownVersion }
        return Self(stored: BytesRow.decode(bytes.extracting(1..<bytes.count)).bytes)
    }

    package func encode() -> [UInt8] { [Self.form] + json }
}
