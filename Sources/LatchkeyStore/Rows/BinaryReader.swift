/// Reads what ``BinaryWriter`` wrote, without a copy of the row. Each call throws ``StoreError/Code/undecodable`` when the
/// row is too short for it.
///
/// It looks into memory that is only valid for a moment, therefore it exists only inside ``read(_:_:)``:
/// ```swift
/// static func decode(_ bytes: Span<UInt8>) throws -> Row {
///     try BinaryReader.read(bytes) { reader in Row(id: try reader.string(), notAfter: try reader.i64()) }
/// }
/// ```
@safe package struct BinaryReader: ~Copyable {
    private let memory: UnsafeBufferPointer<UInt8>
    private var offset = 0

    private init(_ memory: UnsafeBufferPointer<UInt8>) { unsafe self.memory = memory }

    /// Runs `body` with a reader over `bytes`, and then demands that all of them were read.
    package static func read<Result>(_ bytes: Span<UInt8>, _ body: (inout BinaryReader) throws -> Result) throws -> Result {
        try unsafe bytes.withUnsafeBufferPointer { memory in
            var reader = unsafe BinaryReader(memory)
            let result = try body(&reader)
            try reader.finish()
            return result
        }
    }

    /// Bytes that are not read yet.
    package var remaining: Int { unsafe memory.count - offset }

    package mutating func u8() throws -> UInt8 { try integer() }

    package mutating func u16() throws -> UInt16 { try integer() }

    package mutating func u32() throws -> UInt32 { try integer() }

    package mutating func u64() throws -> UInt64 { try integer() }

    package mutating func i64() throws -> Int64 { Int64(bitPattern: try integer()) }

    package mutating func bytes(_ count: Int) throws -> [UInt8] { unsafe Array(try take(count)) }

    /// UTF-8 after its length in two bytes; bytes that aren't UTF-8 are refused.
    package mutating func string() throws -> String {
        let count = Int(try u16())
        guard count <= remaining else { throw Self.tooShort }
        defer { offset += count }
        // By way of `UTF8Span`: `String(validating:)` is generic, and looks its types up at run time, for each text.
        let bytes = unsafe memory.span.extracting(offset..<offset + count)
        guard let text = try? UTF8Span(validating: bytes) else { throw StoreError(.undecodable, "a row's text is not UTF-8") }
        return String(copying: text)
    }

    /// Strings after their count in two bytes.
    package mutating func strings() throws -> [String] {
        let count = Int(try u16())
        // A string takes at least the two bytes of its length, so a wild count can't reserve memory.
        guard count <= remaining / 2 else { throw Self.tooShort }
        var values: [String] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try string()) }
        return values
    }

    /// Throws when bytes are left over. ``read(_:_:)`` does this by itself.
    package func finish() throws {
        guard remaining == 0 else { throw StoreError(.undecodable, "a row has \(remaining) bytes more than its form") }
    }

    private static var tooShort: StoreError { StoreError(.undecodable, "a row is shorter than its form") }

    private mutating func take(_ count: Int) throws -> Slice<UnsafeBufferPointer<UInt8>> {
        guard count >= 0, count <= remaining else { throw Self.tooShort }
        defer { offset += count }
        return unsafe memory[offset..<offset + count]
    }

    private mutating func integer<Value: FixedWidthInteger & UnsignedInteger>() throws -> Value {
        let width = Value.bitWidth / 8
        guard width <= remaining else { throw Self.tooShort }
        defer { offset += width }
        var value: Value = 0
        for index in offset..<offset + width {
            value = Value(truncatingIfNeeded: UInt64(value) << 8) | Value(unsafe memory[index])
        }
        return value
    }
}
