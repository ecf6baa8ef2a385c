import LatchkeyStore
package import LatchkeyVerifier

/// Something that was revoked, as trust bundles tell of it.
package struct RevocationRow: StoreRow, Equatable {
    package enum Kind: UInt8, Sendable {
        /// One access token, by its `jti`.
        case token = 1
        /// All tokens of a session, by its `sid`.
        case session = 2
        /// All tokens of an identity whose ids were made up to a moment.
        case identity = 3
        /// All tokens of the install whose ids were made up to a moment.
        case everything = 4
    }

    package let kind: Kind
    /// Empty where everything is meant.
    package let id: String
    /// Of an identity and of everything alone: the last millisecond of a token's id that is dead.
    package let cutOff: Timestamp?
    /// When no token that is meant can be presented any more.
    package let until: Timestamp

    package init(_ kind: Kind, _ id: String, cutOff: Timestamp? = nil, until: Timestamp) {
        self.kind = kind
        self.id = id
        self.cutOff = cutOff
        self.until = until
    }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self { try BinaryReader.read(bytes) { try Self(&$0) } }

    private init(_ reader: inout BinaryReader) throws {
        try reader.expectVersion(1)
        guard let kind = Kind(rawValue: try reader.u8()) else { throw BinaryRowError.unknownValue }
        self.kind = kind
        until = try reader.timestamp()
        cutOff = try reader.optionalTimestamp()
        id = try reader.string()
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 64)
        writer.u8(1)
        writer.u8(kind.rawValue)
        writer.timestamp(until)
        writer.optionalTimestamp(cutOff)
        try writer.string(id)
        return writer.bytes
    }
}
