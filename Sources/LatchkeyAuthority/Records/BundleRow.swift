import LatchkeyStore
package import LatchkeyVerifier

/// A trust bundle that was given out; the bundle itself is not kept.
package struct BundleRow: StoreRow, Equatable {
    /// SHA-256 of the file, 32 bytes.
    package let hash: [UInt8]
    package let madeAt: Timestamp
    package let notAfter: Timestamp
    /// Everything that was revoked up to this number is in it.
    package let revocation: UInt64

    package init(hash: [UInt8], madeAt: Timestamp, notAfter: Timestamp, revocation: UInt64) {
        self.hash = hash
        self.madeAt = madeAt
        self.notAfter = notAfter
        self.revocation = revocation
    }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self { try BinaryReader.read(bytes) { try Self(&$0) } }

    private init(_ reader: inout BinaryReader) throws {
        try reader.expectVersion(1)
        madeAt = try reader.timestamp()
        notAfter = try reader.timestamp()
        revocation = try reader.u64()
        hash = try reader.bytes(32)
    }

    package func encode() -> [UInt8] {
        var writer = BinaryWriter(reserving: 64)
        writer.u8(1)
        writer.timestamp(madeAt)
        writer.timestamp(notAfter)
        writer.u64(revocation)
        writer.bytes(hash)
        return writer.bytes
    }
}
