import LatchkeyStore
package import LatchkeyVerifier

/// A check of a store that no daemon has open.
package struct StoreRepair: Sendable {
    private let directory: String
    private let program: String
    private let userId: UInt32

    /// - Parameter directory: of the store.
    package init(directory: String, program: String, userId: UInt32) {
        self.directory = directory
        self.program = program
        self.userId = userId
    }

    /// - Parameter repairs: puts right what follows from other rows, in one commit with the entry that tells of it. Without it the file stays as it
    ///   is, to the byte.
    /// - Throws: `StoreError` when the store is in use, can't be opened, or LMDB can't go on.
    package func run(repairs: Bool, at now: Timestamp = SystemClock().now()) throws -> CheckReport {
        try Store.rehearse(directory: directory, schema: Tables.schema(writer: program)) { transaction, facts in
            let report = try StoreChecker.check(facts, at: now, repairs: repairs, in: transaction)
            guard repairs, report.repaired > 0 else { return (report, .abort) }
            // Some of what is derived is derived from what was repaired just now.
            let again = try StoreChecker.check(facts, at: now, repairs: true, in: transaction)
            var told = report
            told.repaired += again.repaired
            told.repairable += again.repairable
            told.total += again.repairable
            if let install = try transaction.get(Tables.install, InstallRecord.key) {
                var draft = AuditDraft(.configurationChanged, actor: "system", organisation: install.firstOrganisation)
                draft.plane = "relayauth"
                draft.resource = "store"
                draft.metadata = [
                    "repaired": String(told.repaired), "left": String(told.total - told.repaired), "uid": String(userId),
                    "tables": Set(report.findings.filter(\.isRepairable).map(\.table)).sorted().joined(separator: " "),
                ]
                let moment = max(now, try transaction.get(Tables.clock, ClockRow.seen)?.moment ?? now)
                try Authority.append(draft, at: moment, in: transaction)
            }
            return (told, .commit)
        }
    }
}
