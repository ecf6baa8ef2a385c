import LatchkeyStore
import LatchkeyVerifier

extension TableRule {
    static let audit = [
        TableRule(Tables.audit) { checker, transaction in
            var gaps = AuditGaps()
            try checker.rows(Tables.audit, in: transaction) { sequence, entry in
                let record = try? entry.record()
                gaps.note(sequence, record)
                guard let record else {
                    return checker.find(.unreadable, Tables.audit, "the audit entry \(sequence) is not of its form")
                }
                checker.require(
                    record.seq == sequence && record.id == AuditEntryId(record.timestamp, sequence).text, Tables.audit,
                    "the audit entry \(record.id) does not stand under its number", .impossible)
                checker.require(
                    try record.orgId.isEmpty || transaction.contains(Tables.organisations, record.orgId), Tables.audit,
                    "the audit entry \(record.id) is of an organisation that is not there")
                let listings = AuditIndex.keys(of: record)
                checker.auditListings += listings.count
                for key in listings {
                    try checker.expect(Tables.auditIndex, key, EmptyRow(), of: "the audit entry \(record.id) in a list", in: transaction)
                }
            }
            let seen = try checker.found(Tables.clock, ClockRow.seen, in: transaction)?.moment
            let problems = try gaps.problems(seen: seen) { try AuditLog.mayHaveLeaf($0, in: transaction) }
            for problem in problems { checker.find(.impossible, Tables.audit, problem) }
        },
        // Evidence is never made anew: what is wrong with the tree is told, and stays.
        TableRule(Tables.auditTree) { checker, transaction in
            try checker.rows(Tables.auditTree, in: transaction) { _, _ in }
            let install = try checker.found(Tables.install, InstallRecord.key, in: transaction)?.id ?? ""
            var anchors: [TrustAnchor] = []
            try transaction.scanKeys(Tables.anchors, limit: .max) { id in
                if let anchor = try? checker.found(Tables.anchors, id, in: transaction)?.publicHalf() { anchors.append(anchor) }
                return true
            }
            let report = try AuditLog.examine(LogExamination(install: install, known: anchors), in: transaction)
            for fault in report.faults { checker.find(fault, Tables.auditTree) }
            checker.passOver(report.total - report.faults.count)
        },
        TableRule(Tables.auditLog) { checker, transaction in
            var before: (leaf: UInt64, row: AuditSpanRow)?
            try checker.rows(Tables.auditLog, in: transaction) { leaf, row in
                let isFirst = before == nil
                let isAfter = before.map { row.sequence >= $0.row.sequence &+ (leaf - $0.leaf) } ?? (leaf == 0 && row.sequence > 0)
                checker.require(
                    isAfter, Tables.auditLog,
                    "the entries from leaf \(leaf) on are numbered as \(isFirst ? "none can be" : "those before them are")",
                    .impossible)
                before = (leaf, row)
            }
        },
        TableRule(Tables.checkpoints) { checker, transaction in
            try checker.rows(Tables.checkpoints, in: transaction) { _, _ in }
        },
        TableRule(Tables.auditRemoved) { checker, transaction in
            let extent = try AuditLog.extent(in: transaction)
            try checker.rows(Tables.auditRemoved, in: transaction) { block, row in
                let first = block.multipliedReportingOverflow(by: RemovedLeavesRow.leafCount)
                checker.require(
                    !first.overflow && row.last.map { first.partialValue &+ $0 < extent } ?? false, Tables.auditRemoved,
                    "entries are said to have been removed that there never were", .impossible)
            }
        },
        TableRule(Tables.auditIndex, isDerived: true) { checker, transaction in
            // Every row that follows from an entry is there by now, so as many rows as follow are those and no others; only more are looked at one
            // by one, for that reads their entries again.
            let hasMore = try transaction.count(Tables.auditIndex) != checker.auditListings
            try checker.rows(Tables.auditIndex, in: transaction) { key, _ in
                guard hasMore else { return }
                if let place = AuditIndex.Place(endOf: key),
                    let record = try? checker.found(Tables.audit, place.sequence, in: transaction)?.record(),
                    AuditIndex.keys(of: record).contains(key)
                {
                    return
                }
                if try isTrace(key, in: transaction) {
                    return checker.find(
                        .dangling, Tables.auditIndex,
                        "a list of the audit log names an entry that is not there: it was lost, and the list is all that tells of it")
                }
                try checker.strike(
                    Tables.auditIndex, key, "a list of the audit log names an entry that does not belong to it", in: transaction)
            }
        },
    ]

    /// Whether a row is what an entry left behind that nobody removed: retention removes an entry together with its place in the list of all.
    private static func isTrace(_ key: [UInt8], in transaction: borrowing WriteTransaction) throws -> Bool {
        guard let place = AuditIndex.Place(endOf: key), let slash = key.firstIndex(of: UInt8(ascii: "/")),
            try !transaction.contains(Tables.audit, place.sequence)
        else { return false }
        let organisation = String(decoding: key[..<slash], as: UTF8.self)
        return try transaction.contains(Tables.auditIndex, AuditIndex.prefix(organisation, .all) + place.bytes)
    }
}
