import LatchkeyStore
package import LatchkeyVerifier

/// A hash of the audit log's tree.
package struct TreeHashRow: StoreRow, Equatable {
    package let hash: TreeHash

    package init(_ hash: TreeHash) { self.hash = hash }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self {
        guard let hash = TreeHash(BytesRow.decode(bytes).bytes) else { throw BinaryRowError.unknownValue }
        return Self(hash)
    }

    package func encode() -> [UInt8] { hash.bytes }
}

/// How the entries are numbered whose leaves stand from here on, up to the next such row: one by one from a number.
package struct AuditSpanRow: StoreRow, Equatable {
    package enum Origin: UInt8, Sendable {
        /// Each became a leaf in the commit that wrote it.
        case written = 1
        /// They were there when the tree was made.
        case migrated = 2
        /// A restore took them over from the store that it replaced.
        case restored = 3
    }

    /// The number of the first entry.
    package let sequence: UInt64
    package let origin: Origin
    /// When the first leaf came in.
    package let at: Timestamp

    private static let version: UInt8 = 1

    package init(sequence: UInt64, origin: Origin, at: Timestamp) {
        self.sequence = sequence
        self.origin = origin
        self.at = at
    }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self {
        try BinaryReader.read(bytes) { reader in
            try reader.expectVersion(version)
            guard let origin = try Origin(rawValue: reader.u8()) else { throw BinaryRowError.unknownValue }
            return try Self(sequence: reader.u64(), origin: origin, at: reader.timestamp())
        }
    }

    package func encode() -> [UInt8] {
        var writer = BinaryWriter(reserving: 18)
        writer.u8(Self.version)
        writer.u8(origin.rawValue)
        writer.u64(sequence)
        writer.timestamp(at)
        return writer.bytes
    }
}

/// A signed checkpoint, as it was written down.
package struct CheckpointRow: StoreRow, Equatable {
    /// A signed note.
    package let text: [UInt8]

    package init(_ checkpoint: Checkpoint) { text = Array(checkpoint.text.utf8) }

    private init(text: [UInt8]) { self.text = text }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self {
        let text = BytesRow.decode(bytes).bytes
        guard text.starts(with: Array(Checkpoint.origin(of: "").utf8)) else { throw BinaryRowError.unknownValue }
        return Self(text: text)
    }

    package func encode() -> [UInt8] { text }
}

/// Which of `leafCount` leaves, one after the other, have no entry any more, and why: a bit each.
package struct RemovedLeavesRow: StoreRow, Equatable {
    /// Why an entry is not there.
    package enum Absence: Int, CaseIterable, Sendable {
        /// Retention removed it.
        case removed = 0
        /// It was gone when another store took the place of the one that it was in.
        case lost = 1
    }

    package static let leafCount: UInt64 = 2048
    private static let setCount = Int(leafCount) / 8

    /// One set after the other.
    private var bits: [UInt8]

    package init() { bits = [UInt8](repeating: 0, count: Self.setCount * Absence.allCases.count) }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self {
        var row = Self()
        guard bytes.count == row.bits.count else { throw BinaryRowError.unknownValue }
        row.bits = BytesRow.decode(bytes).bytes
        return row
    }

    package func encode() -> [UInt8] { bits }

    package subscript(_ leaf: UInt64) -> Absence? {
        let (byte, mask) = Self.place(leaf)
        return Absence.allCases.first { bits[$0.rawValue * Self.setCount + byte] & mask != 0 }
    }

    package mutating func insert(_ leaf: UInt64, _ absence: Absence) {
        let (byte, mask) = Self.place(leaf)
        bits[absence.rawValue * Self.setCount + byte] |= mask
    }

    /// The last one's place in the row; `nil` when there is none.
    package var last: UInt64? { (0..<Self.leafCount).last { self[$0] != nil } }

    private static func place(_ leaf: UInt64) -> (byte: Int, mask: UInt8) {
        let bit = leaf % leafCount
        return (Int(bit / 8), 1 << UInt8(bit % 8))
    }
}
