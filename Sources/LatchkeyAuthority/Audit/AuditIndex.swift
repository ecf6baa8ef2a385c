import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

/// The audit log's index: for each entry one row a field that it can be asked for by, so that a page of any query is a walk along keys and
/// never a search through the log.
///
/// A key is the organisation, the field, a hash of its value (values are of any length; all entries of an organisation share the field
/// `all`), and the entry's place in time. So each field is a list in the order of time, and two fields together are two sorted lists that
/// are walked side by side.
enum AuditIndex {
    enum Field: UInt8, CaseIterable {
        case all = 0
        case identity = 1
        case action = 2
        case workspace = 3
        case plane = 4
        case result = 5
    }

    /// The place of an entry in time: its moment and its number, big-endian. Moments alone would not tell two entries apart, and numbers
    /// alone would not be in the order of time when the clock was set back.
    struct Place: Hashable, Comparable {
        static let byteCount = 16

        let milliseconds: UInt64
        let sequence: UInt64

        init(_ timestamp: Timestamp, _ sequence: UInt64) {
            milliseconds = UInt64(max(0, timestamp.milliseconds))
            self.sequence = sequence
        }

        /// - Parameter bytes: a key of the index, or its end.
        init?(endOf bytes: some BidirectionalCollection<UInt8>) {
            guard bytes.count >= Self.byteCount else { return nil }
            let end = bytes.suffix(Self.byteCount)
            milliseconds = end.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            sequence = end.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }

        private init(milliseconds: UInt64, sequence: UInt64) {
            self.milliseconds = milliseconds
            self.sequence = sequence
        }

        var bytes: [UInt8] { milliseconds.storeBytes + sequence.storeBytes }

        var successor: Place {
            sequence == .max
                ? Place(milliseconds: milliseconds + 1, sequence: 0) : Place(milliseconds: milliseconds, sequence: sequence + 1)
        }

        var predecessor: Place {
            sequence > 0
                ? Place(milliseconds: milliseconds, sequence: sequence - 1)
                : Place(milliseconds: milliseconds == 0 ? 0 : milliseconds - 1, sequence: milliseconds == 0 ? 0 : .max)
        }

        static func < (a: Self, b: Self) -> Bool { (a.milliseconds, a.sequence) < (b.milliseconds, b.sequence) }
    }

    static func prefix(_ organisation: String, _ field: Field, _ value: String = "") -> [UInt8] {
        OwnedKey.prefix(organisation) + [field.rawValue] + (field == .all ? [] : SHA256.hash(Array(value.utf8)).prefix(16))
    }

    /// The keys of all rows of an entry.
    static func keys(of record: AuditRecord) -> [[UInt8]] {
        let place = Place(record.timestamp, record.seq).bytes
        // What an identity did is as much its activity as what happened to it.
        let label = "identity:"
        let actor = record.actor.hasPrefix(label) ? String(record.actor.dropFirst(label.count)) : nil
        let acting = actor == record.identityId ? nil : actor.map { prefix(record.orgId, .identity, $0) + place }
        return [acting].compactMap(\.self)
            + Field.allCases.compactMap { field in
                let value: String? =
                    switch field {
                    case .all: ""
                    case .identity: record.identityId
                    case .action: record.action.rawValue
                    case .workspace: record.workspaceId
                    case .plane: record.plane
                    case .result: record.result.rawValue
                    }
                return value.map { prefix(record.orgId, field, $0) + place }
            }
    }
}
