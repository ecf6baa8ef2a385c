import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// When a clock that was wrong is right, what the cutover has noted moves with it: its gates wait for as long as they would have.
    ///
    /// - Parameter floor: only what was noted since then moves; all when there is none.
    static func moveCutover(
        by step: Int64, since floor: Timestamp? = nil, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws {
        guard let before = try transaction.get(Tables.cutover, CutoverRecord.key) else { return }
        func moved(_ moment: Timestamp) -> Timestamp {
            floor.map { moment < $0 } ?? false ? moment : moment.moved(by: step, latest: now)
        }
        var record = before
        record.phaseSince = moved(before.phaseSince)
        record.publicSince = before.publicSince.map(moved)
        if record != before { try transaction.put(Tables.cutover, CutoverRecord.key, record) }
        for row in try legacyUses(in: transaction) {
            let seen = LegacyUseRow(
                subject: row.subject, address: row.address, audience: row.audience, lastSeenAt: moved(row.lastSeenAt))
            if seen != row { try transaction.put(Tables.legacyUses, seen.key, seen) }
        }
    }
}
