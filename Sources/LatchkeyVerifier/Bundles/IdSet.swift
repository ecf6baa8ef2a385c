/// A set of ids of one kind, such as `tok_` and a ULID, exact and small: a bundle says 100,000 of them in less than 2 MB.
package struct IdSet: Sendable, Equatable {
    /// Ascending, each once.
    private let numbers: [UInt128]
    private let kind: Kind

    package enum Kind: Sendable {
        case tokens, sessions, organisations

        fileprivate var form: PackedIds {
            switch self {
            case .tokens: .tokens
            case .sessions: .sessions
            case .organisations: .organisations
            }
        }
    }

    package var count: Int { numbers.count }

    /// None.
    package init(_ kind: Kind) { self.init(kind, EmptyCollection()) }

    /// Ids of another form, and those that come again, are passed over: nothing that is presented can have the one, and the other says
    /// nothing new.
    package init(_ kind: Kind, _ ids: some Sequence<String>) {
        self.kind = kind
        var numbers = ids.compactMap { kind.form.number(of: $0) }
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

    package func contains(_ id: String) -> Bool { kind.form.number(of: id).map { contains(ULID(number: $0)) } ?? false }

    /// The ids, ascending.
    package var ids: [String] { numbers.map { kind.form.id(of: $0) } }
}

extension IdSet {
    func write(to writer: inout JSONWriter) { kind.form.write(numbers, to: &writer) }

    init(_ kind: Kind, from reader: inout CanonicalReader) throws {
        self.kind = kind
        numbers = try kind.form.read(from: &reader)
    }
}
