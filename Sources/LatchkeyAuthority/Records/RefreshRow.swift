import LatchkeyStore
package import LatchkeyVerifier

/// A refresh token, found by the SHA-256 of its secret.
package struct RefreshRow: StoreRow, Equatable {
    package let sessionId: String
    package let expiresAt: Timestamp
    package var usedAt: Timestamp?
    /// The SHA-256 of the refresh token that came in its place; empty while it is unused.
    package var successor: [UInt8]

    package init(sessionId: String, expiresAt: Timestamp, usedAt: Timestamp?, successor: [UInt8]) {
        self.sessionId = sessionId
        self.expiresAt = expiresAt
        self.usedAt = usedAt
        self.successor = successor
    }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self { try BinaryReader.read(bytes) { try Self(&$0) } }

    private init(_ reader: inout BinaryReader) throws {
        try reader.expectVersion(1)
        usedAt = try reader.optionalTimestamp()
        expiresAt = try reader.timestamp()
        successor = try reader.bytes(Int(reader.u8()))
        sessionId = try reader.string()
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        writer.u8(1)
        writer.optionalTimestamp(usedAt)
        writer.timestamp(expiresAt)
        writer.u8(UInt8(successor.count))
        writer.bytes(successor)
        try writer.string(sessionId)
        return writer.bytes
    }
}
