/// Reads one JSON object (RFC 8259) member by member, and refuses everything that two parsers could read in two ways.
///
/// Refused with `.malformedJSON`: anything but an object, bytes before or after it, a member name that comes twice, at any depth,
/// text that isn't UTF-8, lone surrogates, control characters in strings, numbers in a form of their own, and nesting deeper than
/// `greatestDepth` or more than `greatestMemberCount` members in one object.
package struct JSONObjectReader {
    package enum Value: Sendable, Equatable {
        case string(String)
        case boolean(Bool)
        case null
        /// The number as it is written.
        case number(String)
        /// Checked, and passed over.
        case array
        /// Checked, and passed over.
        case object
    }

    package static let greatestDepth = 8
    package static let greatestMemberCount = 64

    var bytes: [UInt8]
    var position = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Calls `member` for each member of the outer object, in order. Throws what it throws, and `.malformedJSON`, possibly after
    /// some calls.
    package static func read(_ bytes: [UInt8], member: (String, Value) throws(CryptoError) -> Void) throws(CryptoError) {
        var reader = JSONObjectReader(bytes)
        reader.skipSpace()
        guard reader.peek() == UInt8(ascii: "{") else { throw malformed() }
        try reader.readObject(member)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw malformed() }
    }

    private mutating func readObject(_ member: (String, Value) throws(CryptoError) -> Void) throws(CryptoError) {
        try enter()
        var names: [String] = []
        try readItems(until: UInt8(ascii: "}")) { (reader) throws(CryptoError) in
            let name = try reader.readString()
            // Bytes decide: Swift's string equality would also call two canonically equivalent names duplicates.
            guard names.count < Self.greatestMemberCount, !names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
                throw Self.malformed()
            }
            names.append(name)
            reader.skipSpace()
            try reader.expect(UInt8(ascii: ":"))
            try member(name, reader.readValue())
        }
        depth -= 1
    }

    private mutating func readValue() throws(CryptoError) -> Value {
        skipSpace()
        switch peek() {
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "{"):
            try readObject { (_, _) in }
            return .object
        case UInt8(ascii: "["):
            try enter()
            try readItems(until: UInt8(ascii: "]")) { (reader) throws(CryptoError) in _ = try reader.readValue() }
            depth -= 1
            return .array
        case UInt8(ascii: "t"): return try readWord("true", .boolean(true))
        case UInt8(ascii: "f"): return try readWord("false", .boolean(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        default: return .number(try readNumber())
        }
    }

    /// What stands between a bracket, already under the cursor, and its counterpart, with commas between.
    private mutating func readItems(
        until end: UInt8, _ item: (inout JSONObjectReader) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        position += 1
        skipSpace()
        if peek() == end {
            position += 1
            return
        }
        while true {
            skipSpace()
            try item(&self)
            skipSpace()
            if peek() == end {
                position += 1
                return
            }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func readWord(_ word: StaticString, _ value: Value) throws(CryptoError) -> Value {
        for byte in word.description.utf8 { try expect(byte) }
        return value
    }

    private mutating func enter() throws(CryptoError) {
        depth += 1
        guard depth <= Self.greatestDepth else { throw Self.malformed() }
    }
}

extension JSONObjectReader {
    func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func expect(_ byte: UInt8) throws(CryptoError) {
        guard peek() == byte else { throw Self.malformed() }
        position += 1
    }

    mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    static func malformed() -> CryptoError {
        CryptoError(.malformedJSON, "the text is not one plain JSON object, or a member comes twice")
    }
}
