import LatchkeyStore
package import LatchkeyVerifier

/// A check of a store that no daemon has open.
package struct StoreRepair: Sendable {
    /// Looks that put something right, at most: some of what is derived is derived from what another look put right.
    private static let rounds = 4

    private let directory: String
    private let program: String
    private let userId: UInt32
    private let rules: [TableRule]

    /// - Parameter directory: of the store.
    package init(directory: String, program: String, userId: UInt32) {
        self.init(directory: directory, program: program, userId: userId, rules: TableRule.all)
    }

    init(directory: String, program: String, userId: UInt32, rules: [TableRule]) {
        self.directory = directory
        self.program = program
        self.userId = userId
        self.rules = rules
    }

    /// - Parameter repairs: puts right what follows from other rows, in one commit with the entry that tells of it. Without it the file stays as it
    ///   is, to the byte. What is told of the store afterwards is what a last look found, which changes nothing; where that still finds
    ///   something that could be put right, the rules are at odds, nothing is committed, and `problem` says so.
    /// - Throws: `StoreError` when the store is in use, can't be opened, or LMDB can't go on.
    package func run(repairs: Bool, at now: Timestamp = SystemClock().now()) throws -> CheckReport {
        try Store.rehearse(directory: directory, schema: Tables.schema(writer: program)) { transaction, facts in
            let found = try StoreChecker.check(facts, at: now, repairs: false, rules: rules, in: transaction)
            guard repairs, found.repairable > 0 else { return (found, .abort) }
            var mended: [CheckFinding] = []
            var count = 0
            for _ in 0..<Self.rounds {
                let report = try StoreChecker.check(facts, at: now, repairs: true, rules: rules, in: transaction)
                mended += report.findings.filter { $0.isRepaired }
                count += report.repaired
                if report.repaired == 0 { break }
            }
            var last = try StoreChecker.check(facts, at: now, repairs: false, rules: rules, in: transaction)
            guard last.repairable == 0 else {
                let example = last.findings.first { $0.isRepairable }?.sentence ?? "one of its rows"
                var untouched = found
                untouched.problem = "what was put right was found wrong again: \(example)"
                return (untouched, .abort)
            }
            last.put(mended, count: count)
            try note(last, in: transaction, at: now)
            return (last, .commit)
        }
    }

    private func note(_ report: CheckReport, in transaction: borrowing WriteTransaction, at now: Timestamp) throws {
        guard let install = try transaction.get(Tables.install, InstallRecord.key) else { return }
        var draft = AuditDraft(.configurationChanged, actor: "system", organisation: install.firstOrganisation)
        draft.plane = "relayauth"
        draft.resource = "store"
        draft.metadata = [
            "repaired": String(report.repaired), "left": String(report.total - report.repaired), "uid": String(userId),
            "tables": Set(report.findings.filter { $0.isRepaired }.map(\.table)).sorted().joined(separator: " "),
        ]
        let moment = max(now, try transaction.get(Tables.clock, ClockRow.seen)?.moment ?? now)
        try Authority.append(draft, at: moment, in: transaction)
    }
}

extension CheckReport {
    /// Puts what was mended before what is left.
    fileprivate mutating func put(_ mended: [CheckFinding], count: Int) {
        let left = self
        (findings, kinds, total, repairable, repaired) = ([], [:], 0, 0, 0)
        for finding in mended + left.findings { add(finding) }
        // Those that are counted only.
        let more = count - mended.count
        total += more + left.total - left.findings.count
        repairable += more
        repaired += more
        for (kind, number) in left.kinds { kinds[kind, default: 0] += number - left.findings.count { $0.kind.rawValue == kind } }
    }
}
