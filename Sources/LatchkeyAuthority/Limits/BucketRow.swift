import LatchkeyStore
package import LatchkeyVerifier

/// A token bucket: how many mints were left at a moment. Kept in the store, so that a restart gives nothing back.
package struct BucketRow: StoreRow, Equatable {
    /// Millionths of a mint.
    package let level: Int64
    package let at: Timestamp

    package static func decode(_ bytes: Span<UInt8>) throws -> Self {
        try BinaryReader.read(bytes) { reader in
            try reader.expectVersion(1)
            return Self(level: try reader.i64(), at: try reader.timestamp())
        }
    }

    package func encode() -> [UInt8] {
        var writer = BinaryWriter(reserving: 17)
        writer.u8(1)
        writer.i64(level)
        writer.timestamp(at)
        return writer.bytes
    }
}
