import LatchkeyStore
package import LatchkeyVerifier

/// The chain of token pairs that one issue started: what each refresh of it may give.
///
/// Kept in a binary form: every issue writes one, on the writer's own thread.
package struct SessionRecord: Sendable, Equatable {
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

extension SessionRecord: StoreRow {
    package static func decode(_ bytes: Span<UInt8>) throws -> Self { try BinaryReader.read(bytes) { try Self(&$0) } }

    private init(_ reader: inout BinaryReader) throws {
        try reader.expectVersion(1)
        accessTTL = try reader.i64()
        refreshTTL = try reader.i64()
        startedAt = try reader.timestamp()
        endsAt = try reader.timestamp()
        id = try reader.string()
        orgId = try reader.string()
        identityId = try reader.string()
        startedBy = try reader.string()
        makerId = try reader.optionalString()
        scopes = try reader.strings()
        audience = try reader.strings()
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 512)
        writer.u8(1)
        writer.i64(accessTTL)
        writer.i64(refreshTTL)
        writer.timestamp(startedAt)
        writer.timestamp(endsAt)
        for text in [id, orgId, identityId, startedBy] { try writer.string(text) }
        try writer.optionalString(makerId)
        try writer.strings(scopes)
        try writer.strings(audience)
        return writer.bytes
    }
}
