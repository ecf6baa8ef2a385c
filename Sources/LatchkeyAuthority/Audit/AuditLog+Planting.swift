import LatchkeyStore
import LatchkeyVerifier

extension AuditLog {
    /// Whether a leaf can be appended: the tree ends with a leaf, and what is folded into the next ones is there.
    static func canGoOn(in transaction: borrowing some StoreReads & ~Copyable) throws -> Bool {
        do {
            _ = try root(end(in: transaction).size, in: transaction)
            return true
        } catch let error as StoreError where error.code == .corrupt || error.code == .undecodable {
            return false
        }
    }

    /// Makes the tree of a log anew whose tree is so damaged that no entry could be added, over the entries that are there. Nothing of the old one is
    /// kept: its marks and checkpoints are of leaves that have other numbers now.
    static func beginAnew(at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        let tables: [any AnyTable] = [Tables.auditTree, Tables.auditLog, Tables.checkpoints, Tables.auditRemoved]
        for table in tables {
            let raw = Table<[UInt8], BytesRow>(table.name, slot: table.slot)
            try transaction.scanKeys(raw, limit: .max) { key in
                try transaction.delete(raw, key)
                return true
            }
        }
        try plant(at: now, in: transaction)
    }

    /// Makes the tree of a log that has none: its entries become leaves, in their order, in the bytes in which they lie there. What the log was
    /// before nobody can tell any more; from here on it says.
    ///
    /// - Parameter now: when this is, which is kept.
    static func plant(at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        guard try size(in: transaction) == 0 else { return }
        var tree = TreeFrontier()
        var next: UInt64 = 0
        // As bytes: a row that can't be read stops nobody, and is what a check of the store tells.
        let raw = Table<[UInt8], BytesRow>(Tables.audit.name, slot: Tables.audit.slot)
        try transaction.scan(raw, limit: .max) { key, row in
            guard let sequence = UInt64(storeBytes: key), let entry = try? AuditEntry.decode(row.bytes.span) else { return true }
            if sequence != next || tree.size == 0 {
                try transaction.put(Tables.auditLog, tree.size, AuditSpanRow(sequence: sequence, origin: .migrated, at: now))
            }
            next = sequence + 1
            var position = MerkleTree.position(ofLeaf: tree.size)
            for hash in tree.append(MerkleTree.leafHash(entry.json)) {
                try transaction.put(Tables.auditTree, position, TreeHashRow(hash))
                position += 1
            }
            return true
        }
    }
}
