/// Reads JSON in the one form in which `JSONWriter` writes it: no white space, members in the order in which they are asked for, one
/// spelling for each string and number. What is read so has no second reading: not by a member that comes twice, an unknown one, another
/// spelling of a name or a number, and whoever reads with a general parser sees the same.
///
/// It goes no deeper than its caller does, and reads no byte twice: neither nesting nor length can exhaust anything.
struct CanonicalReader {
    /// Where the text is not what it has to be.
    struct Mismatch: Error {
        /// Bytes from the start.
        let position: Int
        let expected: String

        /// As the end of a sentence.
        var place: String { "at byte \(position + 1), where \(expected) belongs" }
    }

    private let bytes: [UInt8]
    private var position = 0
    private var needsComma = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func object<R>(_ members: (inout CanonicalReader) throws -> R) throws -> R {
        try separate()
        try take(UInt8(ascii: "{"))
        needsComma = false
        let result = try members(&self)
        try take(UInt8(ascii: "}"))
        needsComma = true
        return result
    }

    /// An object whose member names are data, in the order in which they stand.
    mutating func members(_ member: (inout CanonicalReader, String) throws -> Void) throws {
        try object { reader in
            while reader.peek() != UInt8(ascii: "}") {
                let name = try reader.string()
                try reader.take(UInt8(ascii: ":"))
                reader.needsComma = false
                try member(&reader, name)
            }
        }
    }

    mutating func array(upTo limit: Int, _ element: (inout CanonicalReader) throws -> Void) throws {
        try separate()
        try take(UInt8(ascii: "["))
        needsComma = false
        var count = 0
        while peek() != UInt8(ascii: "]") {
            guard count < limit else { throw mismatch("the end of a list of at most \(limit)") }
            try element(&self)
            count += 1
        }
        try take(UInt8(ascii: "]"))
        needsComma = true
    }

    /// The name of the member that has to come next.
    mutating func key(_ name: StaticString) throws {
        guard takesKey(name) else { throw mismatch("the member \"\(name)\"") }
    }

    /// Whether the next member has this name; it is stepped over if so.
    mutating func takesKey(_ name: StaticString) -> Bool {
        let start = position
        guard !needsComma || takes(UInt8(ascii: ",")), takes(UInt8(ascii: "\"")), takes(name), takes(UInt8(ascii: "\"")),
            takes(UInt8(ascii: ":"))
        else {
            position = start
            return false
        }
        needsComma = false
        return true
    }

    mutating func string() throws -> String {
        let start = position
        if let string = plainString() { return string }
        guard let string = String(validating: try text(), as: UTF8.self) else {
            position = start
            throw mismatch("a string in UTF-8")
        }
        return string
    }

    /// A string's bytes, which may be anything but what has to be escaped.
    mutating func text() throws -> [UInt8] {
        try separate()
        try take(UInt8(ascii: "\""))
        var text: [UInt8] = []
        var plain = position
        while let byte = peek(), byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw mismatch("an escaped control character") }
            position += 1
            guard byte == UInt8(ascii: "\\") else { continue }
            text.append(contentsOf: bytes[plain..<position - 1])
            text.append(try escaped())
            plain = position
        }
        text.append(contentsOf: bytes[plain..<position])
        try take(UInt8(ascii: "\""))
        needsComma = true
        return text
    }

    /// A whole number without a sign.
    mutating func integer(in range: ClosedRange<Int64>) throws -> Int64 {
        try separate()
        let start = position
        while let byte = peek(), (0x30...0x39).contains(byte), position - start < 17 { position += 1 }
        let digits = bytes[start..<position]
        guard let first = digits.first, first != 0x30 || digits.count == 1,
            case let value = digits.reduce(Int64(0), { $0 * 10 + Int64($1 - 0x30) }), range.contains(value)
        else {
            position = start
            throw mismatch("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        needsComma = true
        return value
    }

    /// Whether the next value is `null`; it is stepped over if so.
    mutating func takesNull() -> Bool {
        let start = position
        guard !needsComma || takes(UInt8(ascii: ",")), takes("null") else {
            position = start
            return false
        }
        needsComma = true
        return true
    }

    mutating func requireFalse() throws {
        try separate()
        guard takes("false") else { throw mismatch("false") }
        needsComma = true
    }

    /// RFC 3339 in UTC with milliseconds and `Z`, in no other spelling.
    mutating func timestamp() throws -> Timestamp {
        let start = position
        let text = try string()
        guard let timestamp = Timestamp(rfc3339: text), timestamp.description == text else {
            position = start
            throw mismatch("a moment in UTC with milliseconds")
        }
        return timestamp
    }

    func end() throws {
        guard position == bytes.count else { throw mismatch("the end") }
    }
}

extension CanonicalReader {
    func mismatch(_ expected: String) -> Mismatch { Mismatch(position: position, expected: expected) }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func takes(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func takes(_ text: StaticString) -> Bool {
        let end = position + text.utf8CodeUnitCount
        guard end <= bytes.count, text.withUTF8Buffer({ bytes[position..<end].elementsEqual($0) }) else { return false }
        position = end
        return true
    }

    /// A string of UTF-8 in which nothing is escaped, as nearly all are; `nil`, and nothing stepped over, for another one.
    private mutating func plainString() -> String? {
        let start = position
        guard !needsComma || takes(UInt8(ascii: ",")), takes(UInt8(ascii: "\"")) else {
            position = start
            return nil
        }
        let first = position
        while let byte = peek(), byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
        guard peek() == UInt8(ascii: "\""), let string = String(validating: bytes[first..<position], as: UTF8.self) else {
            position = start
            return nil
        }
        position += 1
        needsComma = true
        return string
    }

    mutating func take(_ byte: UInt8) throws {
        guard takes(byte) else { throw mismatch("\(Character(Unicode.Scalar(byte)))") }
    }

    private mutating func separate() throws {
        if needsComma { try take(UInt8(ascii: ",")) }
    }

    /// What stands after a backslash, where the writer has no other way to say that byte.
    private mutating func escaped() throws -> UInt8 {
        if takes(UInt8(ascii: "\"")) { return UInt8(ascii: "\"") }
        if takes(UInt8(ascii: "\\")) { return UInt8(ascii: "\\") }
        if takes(UInt8(ascii: "n")) { return 0x0A }
        if takes(UInt8(ascii: "r")) { return 0x0D }
        if takes(UInt8(ascii: "t")) { return 0x09 }
        for byte in "u00".utf8 { try take(byte) }
        guard let high = hexDigit(), let low = hexDigit(), case let byte = high << 4 | low, byte < 0x20, ![0x0A, 0x0D, 0x09].contains(byte)
        else { throw mismatch("an escape that is needed") }
        return byte
    }

    private mutating func hexDigit() -> UInt8? {
        guard let byte = peek() else { return nil }
        position += 1
        return switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
