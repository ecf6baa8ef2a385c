import LatchkeyCrypto

/// A set of ids of one kind, such as `tok_` and a ULID, exact and small: a bundle says 100,000 of them in 1.7 MB.
///
/// In the bundle an id is the 22 base64url characters of the ULID's 16 bytes. The first five are a member's name, and all ids that begin so
/// stand, without these five, one behind the other in its value: a look-up takes one member and compares pieces of 17 characters.
package struct RevokedIds: Sendable, Equatable {
    /// What the ids of this set begin with.
    package let prefix: String
    /// Ascending, each once.
    private let numbers: [UInt128]

    private static let nameCount = 5
    private static let pieceCount = 17

    package var count: Int { numbers.count }

    /// Ids of another form, and those that come again, are passed over: nothing that is presented can have the one, and the other says
    /// nothing new.
    package init(prefix: String, _ ids: some Sequence<String>) {
        self.prefix = prefix
        var numbers: [UInt128] = []
        for id in ids { if let ulid = ULID(id: id, prefix: prefix) { numbers.append(ulid.number) } }
        numbers.sort()
        var unique: [UInt128] = []
        unique.reserveCapacity(numbers.count)
        for number in numbers where unique.last != number { unique.append(number) }
        self.numbers = unique
    }

    package func contains(_ ulid: ULID) -> Bool {
        let number = ulid.number
        var range = numbers[...]
        while !range.isEmpty {
            let middle = range.startIndex + range.count / 2
            if range[middle] == number { return true }
            range = range[middle] < number ? range[(middle + 1)...] : range[..<middle]
        }
        return false
    }

    /// The ids, ascending.
    package var ids: [String] { numbers.map { prefix + ULID(number: $0).text } }
}

extension RevokedIds {
    private static func bytes(_ number: UInt128) -> [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: number >> UInt128(120 - $0 * 8)) }
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            var name: [UInt8] = []
            var pieces: [UInt8] = []
            for number in numbers {
                let text = Array(Base64URL.encode(Self.bytes(number)).utf8)
                if !text.starts(with: name) || name.isEmpty {
                    Self.write(name, pieces, to: &writer)
                    name = Array(text.prefix(Self.nameCount))
                    pieces = []
                }
                pieces.append(contentsOf: text.dropFirst(Self.nameCount))
            }
            Self.write(name, pieces, to: &writer)
        }
    }

    private static func write(_ name: [UInt8], _ pieces: [UInt8], to writer: inout JSONWriter) {
        guard !name.isEmpty else { return }
        writer.key(escaping: String(decoding: name, as: UTF8.self))
        writer.ascii(pieces.span)
    }

    init(prefix: String, from reader: inout CanonicalReader) throws {
        var numbers: [UInt128] = []
        try reader.members { reader, name in
            let pieces = try reader.text()
            guard name.utf8.count == Self.nameCount, !pieces.isEmpty, pieces.count % Self.pieceCount == 0 else {
                throw reader.mismatch("a group of ids")
            }
            for start in stride(from: 0, to: pieces.count, by: Self.pieceCount) {
                guard let bytes = Base64URL.decode(Array(name.utf8) + pieces[start..<start + Self.pieceCount]),
                    case let number = bytes.reduce(UInt128(0), { $0 << 8 | UInt128($1) }), numbers.last.map({ $0 < number }) ?? true
                else { throw reader.mismatch("ids in ascending order") }
                numbers.append(number)
            }
        }
        self.prefix = prefix
        self.numbers = numbers
    }
}
