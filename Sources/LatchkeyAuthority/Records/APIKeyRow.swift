import LatchkeyStore
package import LatchkeyVerifier

/// All that authentication needs of an API key, found by the SHA-256 of the secret in one look-up.
package struct APIKeyRow: StoreRow, Equatable {
    package let id: String
    package let orgId: String
    package let prefix: String
    package let rootId: String
    package let kind: APIKeyRecord.Kind
    package let scopes: [String]
    /// Of a self-service key: the identity that it acts as, and whose life and scopes bound it.
    package let identityId: String?
    package let expiresAt: Timestamp?
    package var revokedAt: Timestamp?

    package init(_ record: APIKeyRecord) {
        id = record.id
        orgId = record.orgId
        prefix = record.prefix
        rootId = record.rootId
        kind = record.kind
        scopes = record.scopes
        identityId = record.identityId
        expiresAt = record.expiresAt
        revokedAt = record.revokedAt
    }

    /// How the audit log names it.
    package var label: String { "\(kind == .organisationToken ? "org-token" : "api-key"):\(prefix)" }

    package func isLive(at now: Timestamp) -> Bool {
        revokedAt == nil && expiresAt.map { now < $0 } ?? true
    }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self { try BinaryReader.read(bytes) { try Self(&$0) } }

    private init(_ reader: inout BinaryReader) throws {
        try reader.expectVersion(1)
        revokedAt = try reader.optionalTimestamp()
        expiresAt = try reader.optionalTimestamp()
        kind =
            switch try reader.u8() {
            case 1: .service
            case 2: .selfService
            case 3: .organisationToken
            default: throw BinaryRowError.unknownValue
            }
        id = try reader.string()
        orgId = try reader.string()
        prefix = try reader.string()
        rootId = try reader.string()
        scopes = try reader.strings()
        identityId = try reader.optionalString()
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        writer.u8(1)
        writer.optionalTimestamp(revokedAt)
        writer.optionalTimestamp(expiresAt)
        let code: UInt8 =
            switch kind {
            case .service: 1
            case .selfService: 2
            case .organisationToken: 3
            }
        writer.u8(code)
        try writer.string(id)
        try writer.string(orgId)
        try writer.string(prefix)
        try writer.string(rootId)
        try writer.strings(scopes)
        try writer.optionalString(identityId)
        return writer.bytes
    }
}
