import LatchkeyStore
import LatchkeyVerifier

/// Numbers of the audit log that nobody has. An entry that was lost with its place in every list leaves nothing else behind.
///
/// A restore leaves gaps before the entry that tells of it. Retention leaves them, too, but not among the entries of the store's last day: no
/// organisation keeps its entries for less. So gaps before a restore, and old ones, say nothing.
struct AuditGaps {
    /// Seconds: the shortest retention, less what the moment at which the store was used last may be behind.
    private static let kept: Int64 = 86_400 - 7200

    private struct Gap {
        let first: UInt64
        let last: UInt64
        /// Of the entry before it.
        let moment: Timestamp
    }

    private var before: (sequence: UInt64, moment: Timestamp)?
    private var newest: Timestamp?
    /// Those since the last restore, the newest few.
    private var gaps: [Gap] = []

    /// Entries come in the order of their numbers.
    ///
    /// - Parameter record: `nil` for one that can't be read.
    mutating func note(_ sequence: UInt64, _ record: AuditRecord?) {
        if let before, sequence > before.sequence + 1 {
            gaps.append(Gap(first: before.sequence + 1, last: sequence - 1, moment: before.moment))
            if gaps.count > CheckReport.most { gaps.removeFirst() }
        }
        if record?.action == .backupRestored { gaps = [] }
        let moment = record?.timestamp ?? before?.moment
        if let moment {
            before = (sequence, moment)
            newest = max(newest ?? moment, moment)
        }
    }

    /// What is wrong, in sentences.
    ///
    /// - Parameters:
    ///   - seen: the latest moment that the store knows of.
    ///   - hasLeaf: whether the log's tree knows of a number. What has become of its entry is told from there, exactly.
    func problems(seen: Timestamp?, hasLeaf: (UInt64) throws -> Bool) rethrows -> [String] {
        guard let newest, case let from = max(newest, seen ?? newest).adding(seconds: -Self.kept) else { return [] }
        return try gaps.filter { try from < $0.moment && !hasLeaf($0.first) && !hasLeaf($0.last) }.map { gap in
            gap.first == gap.last
                ? "the audit entry with the number \(gap.first) is not there"
                : "the audit entries with the numbers \(gap.first) to \(gap.last) are not there"
        }
    }
}
