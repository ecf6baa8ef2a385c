import LatchkeyStore
package import LatchkeyVerifier

/// All that the liveness of an identity's tokens depends on, found by the identity's id in one look-up.
package struct IdentityRow: StoreRow, Equatable {
    package let orgId: String
    package var status: IdentityRecord.Status
    /// Counts up when everything that was issued before must die; a session of an older epoch is dead. A counter, because two things can
    /// happen in one millisecond.
    package var epoch: UInt32
    /// When the epoch last changed, by the clock: what `iat` of tokens from elsewhere is held against. Of tokens that were issued here, the
    /// revocation that is numbered in the same commit parts the ids.
    package var cutOffAt: Timestamp?

    package init(orgId: String, status: IdentityRecord.Status, epoch: UInt32, cutOffAt: Timestamp?) {
        self.orgId = orgId
        self.status = status
        self.epoch = epoch
        self.cutOffAt = cutOffAt
    }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self { try BinaryReader.read(bytes) { try Self(&$0) } }

    private init(_ reader: inout BinaryReader) throws {
        try reader.expectVersion(1)
        status =
            switch try reader.u8() {
            case 1: .active
            case 2: .suspended
            case 3: .retired
            default: throw BinaryRowError.unknownValue
            }
        epoch = try reader.u32()
        cutOffAt = try reader.optionalTimestamp()
        orgId = try reader.string()
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        writer.u8(1)
        let code: UInt8 =
            switch status {
            case .active: 1
            case .suspended: 2
            case .retired: 3
            }
        writer.u8(code)
        writer.u32(epoch)
        writer.optionalTimestamp(cutOffAt)
        try writer.string(orgId)
        return writer.bytes
    }
}
