import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Where the clock was ahead and is taken as right: what the cutover has noted of moments that now lie ahead begins now, so that gates
    /// wait for as long as they would have and not for years.
    static func correctCutover(at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        guard let before = try transaction.get(Tables.cutover, CutoverRecord.key) else { return }
        var record = before
        record.phaseSince = min(before.phaseSince, now)
        record.publicSince = before.publicSince.map { min($0, now) }
        if record != before { try transaction.put(Tables.cutover, CutoverRecord.key, record) }
        for row in try legacyUses(in: transaction) where row.lastSeenAt > now {
            let seen = LegacyUseRow(subject: row.subject, address: row.address, audience: row.audience, lastSeenAt: now)
            try transaction.put(Tables.legacyUses, seen.key, seen)
        }
    }
}
