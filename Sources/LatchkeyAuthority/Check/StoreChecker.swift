import LatchkeyStore
import LatchkeyVerifier

/// Looks at every row of a store, table by table in the order of their keys, and holds it against what the other tables say. Takes no memory
/// to speak of: what it needs of another table it looks up.
///
/// What follows from other rows it can put right, in the transaction that it reads in.
final class StoreChecker {
    /// The latest time that is known to have been: what ends later has not been removed by anybody.
    let now: Timestamp
    private let facts: StoreFacts
    private let repairs: Bool
    private(set) var report = CheckReport()
    /// Rows of the log's lists that follow from its entries.
    var auditListings = 0

    /// - Parameter repairs: whether to put right what can be.
    init(_ facts: StoreFacts, now: Timestamp, repairs: Bool) {
        self.facts = facts
        self.now = now
        self.repairs = repairs
        report.writer = facts.writer
    }

    /// Checks the whole store.
    ///
    /// - Throws: `StoreError` when LMDB itself can't go on.
    static func check(
        _ facts: StoreFacts, at now: Timestamp, repairs: Bool, rules: [TableRule] = TableRule.all,
        in transaction: borrowing WriteTransaction
    ) throws -> CheckReport {
        let seen = try? transaction.get(Tables.clock, ClockRow.seen)?.moment
        // What was due in the last minutes may or may not have been removed by now.
        let later = max(now, seen ?? now).adding(seconds: 120)
        let checker = StoreChecker(facts, now: later, repairs: repairs)
        for rule in rules { try rule.check(checker, transaction) }
        return checker.report
    }

    func find(_ kind: CheckFinding.Kind, _ table: any AnyTable, _ sentence: String, isRepairable: Bool = false) {
        report.add(
            CheckFinding(
                kind: kind, table: table.name, sentence: sentence, isRepairable: isRepairable, isRepaired: isRepairable && repairs))
    }

    func find(_ fault: LogFault, _ table: any AnyTable) {
        let kind: CheckFinding.Kind =
            switch fault.kind {
            case .changed, .node, .checkpointForm, .checkpointSignature, .checkpointAnchor, .genesis, .unsigned, .checkpointRoot:
                .wrong
            case .missing, .untold, .noLeaf, .unnumbered, .truncated, .ragged: .missing
            case .revived, .stray, .misplaced: .stray
            }
        find(kind, table, fault.sentence)
    }

    /// Counts findings of the log's tree that nobody is told one by one.
    func passOver(_ count: Int) {
        report.total += count
        report.inLog += count
    }

    /// Visits every row that can be read; those that can't are findings.
    func rows<Key, Row>(
        _ table: Table<Key, Row>, in transaction: borrowing WriteTransaction, _ visit: (Key, Row) throws -> Void
    ) throws {
        let raw = Table<[UInt8], BytesRow>(table.name, slot: table.slot)
        let expected = try transaction.count(raw)
        var count = 0
        var last: [UInt8]?
        try transaction.scan(raw, limit: .max) { bytes, content in
            // A damaged tree could lead in circles.
            if let last, !last.lexicographicallyPrecedes(bytes) {
                throw StoreError(.corrupt, "the rows of the table \(table.name) are out of order: the file is damaged; restore a backup")
            }
            last = bytes
            count += 1
            guard try transaction.contains(raw, bytes) else {
                throw StoreError(.corrupt, "a row of the table \(table.name) can't be looked up: the file is damaged; restore a backup")
            }
            guard let key = Key(storeBytes: bytes), key.storeBytes == bytes else {
                find(.unreadable, table, "a key of the table is not of its form")
                return true
            }
            let row: Row
            do {
                row = try Row.decode(content.bytes.span)
            } catch {
                find(.unreadable, table, "a row of the table is not of its form")
                return true
            }
            try visit(key, row)
            return true
        }
        report.counts.append(CheckReport.Count(table: table.name, rows: count))
        if count != expected { find(.impossible, table, "the table says that it has \(expected) rows, and has \(count)") }
    }

    /// The row under a key; `nil` also for one that can't be read, which is a finding of its own table.
    func found<Key, Row>(_ table: Table<Key, Row>, _ key: Key, in transaction: borrowing WriteTransaction) throws -> Row? {
        try unlessUnreadable { try transaction.get(table, key) } ?? nil
    }

    /// What a look at other tables gives; `nil` where a row there can't be read, which is a finding of its own table.
    func unlessUnreadable<Result>(_ look: () throws -> Result) throws -> Result? {
        do {
            return try look()
        } catch let error as StoreError where error.code == .undecodable || error.code == .newer {
            return nil
        }
    }

    /// A row that follows from what `reason` names must be there, and be this.
    func expect<Key, Row: Equatable>(
        _ table: Table<Key, Row>, _ key: Key, _ row: Row, of reason: @autoclosure () -> String, in transaction: borrowing WriteTransaction
    ) throws {
        let there = try found(table, key, in: transaction)
        guard there != row else { return }
        // A table that an older program did not know is filled now, and nothing was wrong with it.
        let isNew = facts.missing.contains(table.slot)
        if !isNew {
            let isThere = try transaction.contains(table, key)
            find(
                isThere ? .wrong : .missing, table, "the row of \(reason()) \(isThere ? "is not what it follows from" : "is missing")",
                isRepairable: true)
        }
        if repairs || isNew { try transaction.put(table, key, row) }
    }

    /// Rows that follow from others and may stand under any key: they are made up where they are missing.
    func supply(
        _ table: any AnyTable, missing sentences: [String], in transaction: borrowing WriteTransaction,
        _ put: (borrowing WriteTransaction) throws -> Void
    ) throws {
        guard !sentences.isEmpty else { return }
        let isNew = facts.missing.contains(table.slot)
        if !isNew { for sentence in sentences { find(.missing, table, sentence, isRepairable: true) } }
        if repairs || isNew { try put(transaction) }
    }

    /// A row that follows from nothing.
    func strike<Key, Row>(
        _ table: Table<Key, Row>, _ key: Key, _ reason: @autoclosure () -> String, in transaction: borrowing WriteTransaction
    ) throws {
        find(.stray, table, reason(), isRepairable: true)
        if repairs { try transaction.delete(table, key) }
    }

    /// A record that something else needs, and that can't be made up.
    func require(_ isThere: Bool, _ table: any AnyTable, _ sentence: @autoclosure () -> String, _ kind: CheckFinding.Kind = .dangling) {
        if !isThere { find(kind, table, sentence()) }
    }
}
