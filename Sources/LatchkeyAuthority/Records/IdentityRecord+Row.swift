import LatchkeyStore
import LatchkeyVerifier

extension IdentityRecord: StoreRow {
    package static func decode(_ bytes: Span<UInt8>) throws -> Self { try BinaryReader.read(bytes) { try Self(&$0) } }

    private init(_ reader: inout BinaryReader) throws {
        try reader.expectVersion(1)
        status = try reader.named(Status.self)
        type = try reader.named(Kind.self)
        createdAt = try reader.timestamp()
        updatedAt = try reader.timestamp()
        suspendedAt = try reader.optionalTimestamp()
        id = try reader.string()
        orgId = try reader.string()
        name = try reader.string()
        workspaceId = try reader.string()
        sponsorId = try reader.string()
        createdBy = try reader.string()
        rootId = try reader.string()
        parentId = try reader.optionalString()
        makerId = try reader.optionalString()
        suspendReason = try reader.optionalString()
        sponsorChain = try reader.strings()
        scopes = try reader.strings()
        roles = try reader.strings()
        let names = try reader.strings()
        let values = try reader.strings()
        guard names.count == values.count else { throw BinaryRowError.unknownValue }
        metadata = Dictionary(zip(names, values), uniquingKeysWith: { first, _ in first })
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 512)
        writer.u8(1)
        try writer.string(status.rawValue)
        try writer.string(type.rawValue)
        writer.timestamp(createdAt)
        writer.timestamp(updatedAt)
        writer.optionalTimestamp(suspendedAt)
        for text in [id, orgId, name, workspaceId, sponsorId, createdBy, rootId] { try writer.string(text) }
        for text in [parentId, makerId, suspendReason] { try writer.optionalString(text) }
        try writer.strings(sponsorChain)
        try writer.strings(scopes)
        try writer.strings(roles)
        let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        try writer.strings(pairs.map(\.key))
        try writer.strings(pairs.map(\.value))
        return writer.bytes
    }
}
