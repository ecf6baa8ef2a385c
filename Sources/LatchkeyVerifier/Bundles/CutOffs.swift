/// Moments up to and with which all that was issued to some identities is dead, each identity with one of them.
///
/// In a bundle the moments are the names, and each has the identities whose moment it is: that one change ended many of them, as the suspension
/// of a parent does, costs no more than that many revoked tokens.
package struct CutOffs: Sendable, Equatable {
    private var moments: [UInt128: Timestamp] = [:]

    package init() {}

    package var count: Int { moments.count }

    package subscript(identity: String) -> Timestamp? { PackedIds.identities.number(of: identity).flatMap { moments[$0] } }

    /// The later one counts. What no identity's id looks like is passed over: no token that is presented can speak for it.
    package mutating func cut(_ identity: String, at moment: Timestamp) {
        guard let number = PackedIds.identities.number(of: identity) else { return }
        moments[number] = max(moments[number] ?? moment, moment)
    }

    /// The identities, ascending.
    package var identities: [String] { moments.keys.sorted().map { PackedIds.identities.id(of: $0) } }
}

extension CutOffs {
    func write(to writer: inout JSONWriter) {
        let ordered = moments.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        writer.object { writer in
            var rest = ordered[...]
            while let moment = rest.first?.value {
                let group = rest.prefix { $0.value == moment }
                writer.key(escaping: moment.description)
                PackedIds.identities.write(group.lazy.map(\.key), to: &writer)
                rest = rest[group.endIndex...]
            }
        }
    }

    init(from reader: inout CanonicalReader) throws {
        var moments: [UInt128: Timestamp] = [:]
        var last: Timestamp?
        try reader.members { reader, name in
            guard let moment = Timestamp(rfc3339: name), moment.description == name, last.map({ $0 < moment }) ?? true else {
                throw reader.mismatch("a moment after the one before it")
            }
            last = moment
            let numbers = try PackedIds.identities.read(from: &reader)
            guard !numbers.isEmpty else { throw reader.mismatch("an identity of that moment") }
            for number in numbers {
                guard moments.updateValue(moment, forKey: number) == nil else {
                    throw reader.mismatch("identities that have no other moment")
                }
            }
        }
        self.moments = moments
    }
}
