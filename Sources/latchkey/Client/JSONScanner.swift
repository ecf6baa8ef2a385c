import FoundationEssentials

/// Finds the values of a JSON text (RFC 8259). It checks the structure; what a string or a number says is checked where it is decoded.
struct JSONScanner {
    /// No answer of the daemon's is nested deeper than half of this.
    private static let greatestDepth = 16

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The one value that the whole text is.
    mutating func document() throws(CommandFailure) -> JSONNode {
        let node = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw Self.foreign }
        return node
    }

    static let foreign = CommandFailure(
        .failed, "the answer is not JSON of the form that is known here",
        hint: "is this latchkey's admin socket or address, and the same version as this command?")

    private mutating func value(depth: Int) throws(CommandFailure) -> JSONNode {
        guard depth < Self.greatestDepth else { throw Self.foreign }
        skipSpace()
        let start = position
        let kind: JSONNode.Kind
        switch peek {
        case UInt8(ascii: "{"):
            var members: [(name: String, node: JSONNode)] = []
            try items(until: UInt8(ascii: "}")) { (scanner) throws(CommandFailure) in
                let name = try scanner.name()
                scanner.skipSpace()
                try scanner.expect(UInt8(ascii: ":"))
                members.append((name, try scanner.value(depth: depth + 1)))
            }
            kind = .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONNode] = []
            try items(until: UInt8(ascii: "]")) { (scanner) throws(CommandFailure) in
                elements.append(try scanner.value(depth: depth + 1))
            }
            kind = .array(elements)
        case UInt8(ascii: "\""):
            try string()
            kind = .string
        default:
            while let byte = peek, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") || Self.isWord(byte)
            {
                position += 1
            }
            guard position > start else { throw Self.foreign }
            kind = .word
        }
        return JSONNode(kind: kind, range: start..<position)
    }

    private mutating func items(
        until end: UInt8, _ item: (inout JSONScanner) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        position += 1
        skipSpace()
        if peek == end {
            position += 1
            return
        }
        while true {
            skipSpace()
            try item(&self)
            skipSpace()
            if peek == end {
                position += 1
                return
            }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func name() throws(CommandFailure) -> String {
        skipSpace()
        let start = position
        try string()
        guard let name = try? JSONDecoder().decode(String.self, from: Data(bytes[start..<position])) else { throw Self.foreign }
        return name
    }

    private mutating func string() throws(CommandFailure) {
        try expect(UInt8(ascii: "\""))
        while let byte = peek, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
        try expect(UInt8(ascii: "\""))
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func expect(_ byte: UInt8) throws(CommandFailure) {
        guard peek == byte else { throw Self.foreign }
        position += 1
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"): true
        default: false
        }
    }
}
