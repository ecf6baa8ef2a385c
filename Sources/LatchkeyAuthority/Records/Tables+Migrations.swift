import LatchkeyStore
import LatchkeyVerifier

extension Tables {
    /// The steps that bring an older store forward, each by the version that it starts from.
    static func migrations(_ now: @escaping @Sendable () -> Timestamp) -> [Int: Schema.Migration] {
        [
            // From here on each entry of the log is a leaf of a tree, and what is revoked has a number.
            1: { transaction in
                let moment = max(now(), try transaction.get(Tables.clock, ClockRow.seen)?.moment ?? now())
                try AuditLog.plant(at: moment, in: transaction)
                // By the earliest time that it can be: a row too many does no harm, one too few is a revocation that no bundle tells of.
                let seen = try transaction.get(Tables.clock, ClockRow.seen)?.moment ?? moment
                try Authority.fillRevocations(at: min(seen, now()), in: transaction)
            }
        ]
    }
}
