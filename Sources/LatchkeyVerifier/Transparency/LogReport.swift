/// What a look at every entry of a log found.
package struct LogReport: Sendable, Equatable, Codable {
    /// Faults that are told one by one; more are counted only.
    private static let most = 1000

    /// A head that was written down, and what became of it.
    package struct HeadVerdict: Sendable, Equatable, Codable {
        package enum Outcome: Sendable, Equatable, Codable {
            /// The log goes on where it ended then.
            case extended
            /// The first entries are not what they were.
            case rewritten
            /// The log has fewer entries than it had then.
            case beyond(size: UInt64)
        }

        /// As it is written down.
        package let head: String
        package let size: UInt64
        package let outcome: Outcome
    }

    /// Leaves side by side whose entries are not there, for one reason.
    package struct AbsentLeaves: Sendable, Equatable, Codable {
        package let first: UInt64
        package let last: UInt64
        /// Else retention removed them.
        package let isLost: Bool
    }

    package let install: String
    package internal(set) var size: UInt64 = 0
    /// 64 hexadecimal digits.
    package private(set) var rootDigits = MerkleTree.emptyRoot.description
    /// Entries that retention has removed, as the log tells; their leaves are there.
    package private(set) var removed: UInt64 = 0
    /// Entries that were gone when a store was restored, as the log tells; their leaves are there.
    package private(set) var lost: UInt64 = 0
    /// Leaves without an entry, side by side; the first of such places.
    package private(set) var absent: [AbsentLeaves] = []
    package internal(set) var checkpoints = 0
    /// Of these, how many are signed by an anchor that the store says it had before those that are trusted, and come before all that these signed.
    package internal(set) var strangers = 0
    package private(set) var faults: [LogFault] = []
    /// Faults in all.
    package private(set) var total = 0
    package private(set) var heads: [HeadVerdict] = []
    /// Entries from before the tree was there; they are in it as they were when it was made.
    package var genesis: LogGenesis?

    init(install: String) { self.install = install }

    package internal(set) var root: TreeHash {
        get { TreeHash(hexadecimal: Array(rootDigits.utf8)) ?? MerkleTree.emptyRoot }
        set { rootDigits = newValue.description }
    }

    package var head: LogHead { LogHead(size: size, root: root) }

    package var isGood: Bool { total == 0 && heads.allSatisfy { $0.outcome == .extended } }

    /// Of the heads that were written down, what the log no longer is, as sentences that name the place.
    package var headSentences: [String] {
        let known = heads.filter { $0.outcome == .extended }.map(\.size).max() ?? 0
        return heads.compactMap { verdict in
            switch verdict.outcome {
            case .extended: nil
            case .rewritten:
                "the head over \(verdict.size) entries that was written down is not this log's: an entry from leaf \(known) up to leaf \(max(verdict.size, 1) - 1) "
                    + "was changed, taken out or put in, and the tree was made anew"
            case .beyond(let size):
                "the head that was written down is over \(verdict.size) entries, and the log ends before leaf \(size): its tail was cut off, or an older "
                    + "store was put in its place"
            }
        }
    }

    mutating func add(_ kind: LogFault.Kind, _ place: LogFault.Place) {
        let fault = LogFault(kind: kind, place: place)
        // The end of a log that goes on is looked at more than once.
        guard faults.count == Self.most || !faults.contains(fault) else { return }
        total += 1
        if faults.count < Self.most { faults.append(fault) }
    }

    /// Adds what is found out late where it belongs.
    mutating func insert(_ kind: LogFault.Kind, _ place: LogFault.Place) {
        total += 1
        guard faults.count < Self.most else { return }
        let leaf = place.leaf ?? 0
        let index = faults.firstIndex { ($0.place.leaf ?? 0) > leaf } ?? faults.count
        faults.insert(LogFault(kind: kind, place: place), at: index)
    }

    mutating func noteAbsent(removed: LeafSet, lost: LeafSet) {
        (self.removed, self.lost) = (removed.count, lost.count)
        var places: [AbsentLeaves] = []
        for (leaves, isLost) in [(removed, false), (lost, true)] {
            var count = 0
            leaves.forEachRange { range in
                places.append(AbsentLeaves(first: range.lowerBound, last: range.upperBound, isLost: isLost))
                count += 1
                return count < Self.most
            }
        }
        absent = Array(places.sorted { $0.first < $1.first }.prefix(Self.most))
    }

    mutating func judge(_ head: LogHead, _ outcome: HeadVerdict.Outcome) {
        heads.append(HeadVerdict(head: head.description, size: head.size, outcome: outcome))
    }
}

/// Where the tree of a log began that had entries before: what it says of them, it says since then.
package struct LogGenesis: Sendable, Equatable, Codable {
    /// How many entries there were.
    package let leaves: UInt64
    /// The number of the last of them.
    package let through: UInt64
    /// When the tree was made.
    package let at: Timestamp

    package init(leaves: UInt64, through: UInt64, at: Timestamp) {
        self.leaves = leaves
        self.through = through
        self.at = at
    }
}
