import LatchkeyStore
package import LatchkeyVerifier

/// An access token that was issued, found by its `jti`; the token itself is not kept.
package struct TokenRow: StoreRow, Equatable {
    package let orgId: String
    package let identityId: String
    package let sessionId: String
    package let keyId: String
    package let issuedAt: Timestamp
    package let expiresAt: Timestamp
    package var revokedAt: Timestamp?
    package let scopes: [String]
    package let audience: [String]

    package init(
        orgId: String, identityId: String, sessionId: String, keyId: String, issuedAt: Timestamp, expiresAt: Timestamp,
        revokedAt: Timestamp?, scopes: [String], audience: [String]
    ) {
        self.orgId = orgId
        self.identityId = identityId
        self.sessionId = sessionId
        self.keyId = keyId
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.scopes = scopes
        self.audience = audience
    }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self { try BinaryReader.read(bytes) { try Self(&$0) } }

    private init(_ reader: inout BinaryReader) throws {
        try reader.expectVersion(1)
        revokedAt = try reader.optionalTimestamp()
        issuedAt = try reader.timestamp()
        expiresAt = try reader.timestamp()
        orgId = try reader.string()
        identityId = try reader.string()
        sessionId = try reader.string()
        keyId = try reader.string()
        scopes = try reader.strings()
        audience = try reader.strings()
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        writer.u8(1)
        writer.optionalTimestamp(revokedAt)
        writer.timestamp(issuedAt)
        writer.timestamp(expiresAt)
        try writer.string(orgId)
        try writer.string(identityId)
        try writer.string(sessionId)
        try writer.string(keyId)
        try writer.strings(scopes)
        try writer.strings(audience)
        return writer.bytes
    }
}
