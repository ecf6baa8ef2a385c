import LatchkeyStore
package import LatchkeyVerifier

/// An organisation: the wall between tenants of one install.
///
/// Kept in a binary form: every issue of a token reads it.
package struct OrganisationRecord: Sendable, Equatable {
    package let id: String
    package var name: String
    package let createdAt: Timestamp
    /// Seconds that an access token may live at most; the install's own maximum when absent.
    package var maxTokenTTL: Int64?
    /// Seconds that an access token lives that asks for none; the install's own default when absent.
    package var defaultTokenTTL: Int64?
    /// Days that entries of the audit log are kept, 0 for ever; the install's own rule when absent.
    package var auditRetentionDays: Int64?

    package init(id: String, name: String, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
    }
}

extension OrganisationRecord: StoreRow {
    package static func decode(_ bytes: Span<UInt8>) throws -> Self { try BinaryReader.read(bytes) { try Self(&$0) } }

    private init(_ reader: inout BinaryReader) throws {
        try reader.expectVersion(1)
        createdAt = try reader.timestamp()
        maxTokenTTL = try reader.optionalNumber()
        defaultTokenTTL = try reader.optionalNumber()
        auditRetentionDays = try reader.optionalNumber()
        id = try reader.string()
        name = try reader.string()
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        writer.u8(1)
        writer.timestamp(createdAt)
        for number in [maxTokenTTL, defaultTokenTTL, auditRetentionDays] { writer.i64(number ?? -1) }
        try writer.string(id)
        try writer.string(name)
        return writer.bytes
    }
}

extension BinaryReader {
    /// A number that is never negative; -1 stands for "none".
    fileprivate mutating func optionalNumber() throws -> Int64? {
        let number = try i64()
        guard number >= -1 else { throw BinaryRowError.unknownValue }
        return number == -1 ? nil : number
    }
}
