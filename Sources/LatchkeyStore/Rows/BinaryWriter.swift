/// Builds the bytes of a small row of fixed layout. Numbers are big-endian. ``BinaryReader`` reads them back in the same order.
package struct BinaryWriter {
    package private(set) var bytes: [UInt8] = []

    package init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package mutating func u8(_ value: UInt8) { bytes.append(value) }

    package mutating func u16(_ value: UInt16) { integer(value) }

    package mutating func u32(_ value: UInt32) { integer(value) }

    package mutating func u64(_ value: UInt64) { integer(value) }

    package mutating func i64(_ value: Int64) { integer(UInt64(bitPattern: value)) }

    /// Exactly these bytes, without a length: the reader must know how many.
    package mutating func bytes(_ value: some Collection<UInt8>) { bytes.append(contentsOf: value) }

    /// UTF-8 after its length in two bytes.
    /// - Throws: ``StoreError/Code/undecodable`` when it is longer than 65,535 bytes.
    package mutating func string(_ value: String) throws {
        try u16(Self.length(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// Each string as ``string(_:)`` does, after their count in two bytes.
    /// - Throws: ``StoreError/Code/undecodable`` when there are more than 65,535, or one is longer than that.
    package mutating func strings(_ values: [String]) throws {
        try u16(Self.length(values.count))
        for value in values { try string(value) }
    }

    private static func length(_ count: Int) throws -> UInt16 {
        guard let length = UInt16(exactly: count) else {
            throw StoreError(.undecodable, "a field of \(count) is longer than the 65535 that its row can hold")
        }
        return length
    }

    private mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) {
        var shift = Value.bitWidth
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> Value(shift)))
        }
    }
}
