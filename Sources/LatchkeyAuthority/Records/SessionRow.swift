import LatchkeyStore
package import LatchkeyVerifier

/// All that the liveness of a session's tokens depends on, found by the session's id in one look-up.
package struct SessionRow: StoreRow, Equatable {
    package let orgId: String
    package let identityId: String
    package let rootId: String
    /// The identity's epoch at the issue.
    package let epoch: UInt32
    package let endsAt: Timestamp
    package var revokedAt: Timestamp?

    package init(orgId: String, identityId: String, rootId: String, epoch: UInt32, endsAt: Timestamp, revokedAt: Timestamp?) {
        self.orgId = orgId
        self.identityId = identityId
        self.rootId = rootId
        self.epoch = epoch
        self.endsAt = endsAt
        self.revokedAt = revokedAt
    }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self { try BinaryReader.read(bytes) { try Self(&$0) } }

    private init(_ reader: inout BinaryReader) throws {
        try reader.expectVersion(1)
        revokedAt = try reader.optionalTimestamp()
        endsAt = try reader.timestamp()
        epoch = try reader.u32()
        orgId = try reader.string()
        identityId = try reader.string()
        rootId = try reader.string()
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        writer.u8(1)
        writer.optionalTimestamp(revokedAt)
        writer.timestamp(endsAt)
        writer.u32(epoch)
        try writer.string(orgId)
        try writer.string(identityId)
        try writer.string(rootId)
        return writer.bytes
    }
}
