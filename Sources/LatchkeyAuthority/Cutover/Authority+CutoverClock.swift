import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// When a clock that was set is taken as right, what the cutover has noted moves with it: its gates wait for as long as they would have.
    static func moveCutover(by step: Int64, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        guard let before = try transaction.get(Tables.cutover, CutoverRecord.key) else { return }
        var record = before
        record.phaseSince = before.phaseSince.moved(by: step, latest: now)
        record.publicSince = before.publicSince?.moved(by: step, latest: now)
        if record != before { try transaction.put(Tables.cutover, CutoverRecord.key, record) }
        for row in try legacyUses(in: transaction) {
            let seen = LegacyUseRow(
                subject: row.subject, address: row.address, audience: row.audience, lastSeenAt: row.lastSeenAt.moved(by: step, latest: now))
            if seen != row { try transaction.put(Tables.legacyUses, seen.key, seen) }
        }
    }
}
