import LatchkeyCrypto

/// How ids of one kind stand in a bundle: the 22 base64url characters of the ULID's 16 bytes. The first few are a member's name, and all ids
/// that begin so stand, without these few, one behind the other in its value: a look-up takes one member and compares pieces of one length.
///
/// The longer the name, the fewer ids a member has, and the more members there are: five characters are the ids of four minutes, three those of
/// twelve days.
struct PackedIds {
    /// What ids of this kind begin with.
    let prefix: String
    let nameCount: Int

    /// They live for days at most.
    static let tokens = PackedIds(prefix: BundleContents.tokenPrefix, nameCount: 5)
    static let sessions = PackedIds(prefix: BundleContents.sessionPrefix, nameCount: 5)
    /// They live for years: few of them are of the same minutes.
    static let identities = PackedIds(prefix: BundleContents.identityPrefix, nameCount: 3)
    static let organisations = PackedIds(prefix: BundleContents.organisationPrefix, nameCount: 3)

    private static let textCount = 22
    private var pieceCount: Int { Self.textCount - nameCount }

    /// The bits of an id; `nil` for a text of another form.
    func number(of id: String) -> UInt128? { ULID(id: id, prefix: prefix)?.number }

    func id(of number: UInt128) -> String { prefix + ULID(number: number).text }

    /// - Parameter numbers: ascending, each once.
    func write(_ numbers: some Sequence<UInt128>, to writer: inout JSONWriter) {
        writer.object { writer in
            var name: [UInt8] = []
            var pieces: [UInt8] = []
            for number in numbers {
                let text = Array(Base64URL.encode(Self.bytes(number)).utf8)
                if name.isEmpty || !text.starts(with: name) {
                    Self.write(name, pieces, to: &writer)
                    name = Array(text.prefix(nameCount))
                    pieces = []
                }
                pieces.append(contentsOf: text.dropFirst(nameCount))
            }
            Self.write(name, pieces, to: &writer)
        }
    }

    private static func write(_ name: [UInt8], _ pieces: [UInt8], to writer: inout JSONWriter) {
        guard !name.isEmpty else { return }
        writer.key(escaping: String(decoding: name, as: UTF8.self))
        writer.ascii(pieces.span)
    }

    private static func bytes(_ number: UInt128) -> [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: number >> UInt128(120 - $0 * 8)) }
    }

    /// - Returns: ascending, each once.
    func read(from reader: inout CanonicalReader) throws -> [UInt128] {
        var numbers: [UInt128] = []
        try reader.members { reader, name in
            let pieces = try reader.text()
            guard name.utf8.count == nameCount, !pieces.isEmpty, pieces.count % pieceCount == 0 else {
                throw reader.mismatch("a group of ids")
            }
            for start in stride(from: 0, to: pieces.count, by: pieceCount) {
                guard let bytes = Base64URL.decode(Array(name.utf8) + pieces[start..<start + pieceCount]),
                    case let number = bytes.reduce(UInt128(0), { $0 << 8 | UInt128($1) }), numbers.last.map({ $0 < number }) ?? true
                else { throw reader.mismatch("ids in ascending order") }
                numbers.append(number)
            }
        }
        return numbers
    }
}
