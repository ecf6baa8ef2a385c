import LatchkeyStore
import LatchkeyVerifier

/// The audit log as a transparency log: the bytes of each entry are a leaf of a tree (RFC 6962 §2.1), hashed in the transaction that writes them.
///
/// Leaves are numbered from 0 without a gap, in the order of the entries, whose own numbers may have gaps: rows of `audit-log` tell which entries
/// stand where. The tree lies in post-order, so that a leaf costs two small puts on average, both at the end of the table, and no put ever changes
/// a row. Retention removes entries, never leaves.
enum AuditLog {
    /// Where the log ends.
    struct End {
        /// Leaves.
        let size: UInt64
        /// The last numbering, and the leaf that it begins at; none in an empty log.
        let span: (leaf: UInt64, row: AuditSpanRow)?

        /// The number that an entry has which follows without a gap.
        var sequence: UInt64 { span.map { $0.row.sequence &+ (size &- $0.leaf) } ?? 1 }
    }

    static func end(in transaction: borrowing some StoreReads & ~Copyable) throws -> End {
        End(size: try size(in: transaction), span: try span(ofLeaf: .max, in: transaction))
    }

    /// How many leaves there are.
    ///
    /// - Throws: `StoreError` `.corrupt` when the tree's last hash is none.
    static func size(in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64 {
        let count = try nodeCount(in: transaction)
        let size = MerkleTree.size(nodeCount: count)
        guard MerkleTree.nodeCount(size) == count else { throw damaged }
        return size
    }

    /// The tree as it lies there, whatever its keys and rows are.
    static let raw = Table<[UInt8], BytesRow>(Tables.auditTree.name, slot: Tables.auditTree.slot)

    /// How many hashes there are, leaves and nodes, when none is missing: so many as the place of the last one says.
    ///
    /// - Parameter most: places from there on are not looked at.
    static func nodeCount(below most: UInt64? = nil, in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64 {
        var last: UInt64?
        // As bytes: what is no place can't end the tree, and is told by a look at the whole.
        try transaction.scanKeys(raw, after: most?.storeBytes, descending: true, limit: .max) { key in
            last = UInt64(storeBytes: key)
            return last == nil
        }
        // The highest place that there can be is none of a tree's; it must not be taken for the end of an empty one.
        return last.map { $0 == .max ? .max : $0 + 1 } ?? 0
    }

    /// As ``nodeCount(below:in:)``, but a hash that lies where so few can't have reached is not taken for the end.
    static func plausibleNodeCount(in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64 {
        let rows = UInt64(try transaction.count(Tables.auditTree))
        return try nodeCount(below: rows + mostMissing, in: transaction)
    }

    /// Hashes that may be missing before what comes after them is taken for something else than the tree.
    private static let mostMissing: UInt64 = 4096

    /// Appends the leaf of an entry.
    ///
    /// - Parameter end: where the log ends, read in this transaction.
    static func append(
        _ leaf: TreeHash, sequence: UInt64, origin: AuditSpanRow.Origin, at now: Timestamp, after end: End,
        in transaction: borrowing WriteTransaction
    ) throws {
        if end.span?.row.origin != origin || end.sequence != sequence {
            try transaction.put(Tables.auditLog, end.size, AuditSpanRow(sequence: sequence, origin: origin, at: now))
        }
        var position = MerkleTree.position(ofLeaf: end.size)
        try transaction.put(Tables.auditTree, position, TreeHashRow(leaf))
        var hash = leaf
        for level in 0..<MerkleTree.nodes(withLeaf: end.size) - 1 {
            // The neighbour on the left is the subtree of the same height that ends right before this one.
            let left = MerkleTree.Place(level: level, index: (end.size >> UInt64(level)) - 1)
            hash = MerkleTree.nodeHash(try node(left, in: transaction), hash)
            position += 1
            try transaction.put(Tables.auditTree, position, TreeHashRow(hash))
        }
    }

    /// - Throws: `StoreError` `.corrupt` when it is not there.
    static func node(_ place: MerkleTree.Place, in transaction: borrowing some StoreReads & ~Copyable) throws -> TreeHash {
        guard let row = try transaction.get(Tables.auditTree, place.position) else { throw damaged }
        return row.hash
    }

    /// The root of the tree of the first `size` leaves.
    static func root(_ size: UInt64, in transaction: borrowing some StoreReads & ~Copyable) throws -> TreeHash {
        try MerkleTree.root(size) { try node($0, in: transaction) }
    }

    /// The numbering that holds for a leaf, also for one that is not there yet.
    static func span(
        ofLeaf leaf: UInt64, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> (leaf: UInt64, row: AuditSpanRow)? {
        var found: (leaf: UInt64, row: AuditSpanRow)?
        try transaction.scan(Tables.auditLog, from: leaf.storeBytes, descending: true, limit: 1) { first, row in
            found = (first, row)
            return false
        }
        return found
    }

    /// The number of the entry of a leaf; `nil` when nobody can tell.
    static func sequence(ofLeaf leaf: UInt64, in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64? {
        try span(ofLeaf: leaf, in: transaction).map { $0.row.sequence &+ (leaf - $0.leaf) }
    }

    /// The leaf of the entry with this number; `nil` when there is none. Numbers grow with their leaves.
    static func leaf(ofSequence sequence: UInt64, in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64? {
        let end = try end(in: transaction)
        if let span = end.span, span.row.sequence <= sequence {
            let leaf = span.leaf &+ (sequence - span.row.sequence)
            return sequence - span.row.sequence < end.size &- span.leaf ? leaf : nil
        }
        var (low, high) = (UInt64(0), end.size)
        while low < high {
            let middle = low + (high - low) / 2
            guard let found = try Self.sequence(ofLeaf: middle, in: transaction) else { return nil }
            if found == sequence { return middle }
            if found < sequence { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Notes that the entries with these numbers are there no more.
    ///
    /// - Returns: their leaves.
    @discardableResult
    static func noteRemoved(
        _ sequences: some Sequence<UInt64>, _ absence: RemovedLeavesRow.Absence = .removed, in transaction: borrowing WriteTransaction
    ) throws -> [UInt64] {
        var blocks: [UInt64: RemovedLeavesRow] = [:]
        var leaves: [UInt64] = []
        for sequence in sequences {
            guard let leaf = try leaf(ofSequence: sequence, in: transaction) else { continue }
            let block = leaf / RemovedLeavesRow.leafCount
            var row = try blocks[block] ?? transaction.get(Tables.auditRemoved, block) ?? RemovedLeavesRow()
            row.insert(leaf, absence)
            blocks[block] = row
            leaves.append(leaf)
        }
        for (block, row) in blocks { try transaction.put(Tables.auditRemoved, block, row) }
        return leaves
    }

    /// Why the entry of a leaf is not there; `nil` when it has to be.
    static func absence(
        ofLeaf leaf: UInt64, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> RemovedLeavesRow.Absence? {
        try transaction.get(Tables.auditRemoved, leaf / RemovedLeavesRow.leafCount)?[leaf]
    }

    /// What is known of entries from before the tree was there; none in an install that always had one.
    static func genesis(in transaction: borrowing some StoreReads & ~Copyable) throws -> LogGenesis? {
        var genesis: LogGenesis?
        var last: (leaf: UInt64, row: AuditSpanRow)?
        let size = MerkleTree.size(nodeCount: try plausibleNodeCount(in: transaction))
        try transaction.scan(Tables.auditLog, limit: .max) { leaf, row in
            if let last { genesis = LogGenesis(before: leaf, last) }
            last = (leaf, row)
            if row.origin != .migrated { last = nil }
            return row.origin == .migrated
        }
        return last.map { LogGenesis(before: size, $0) } ?? genesis
    }

    private static var damaged: StoreError {
        StoreError(
            .corrupt, "the tree of the audit log is damaged; keep the store as it is, look with latchkey audit verify, and restore a backup"
        )
    }
}

extension LogGenesis {
    fileprivate init(before end: UInt64, _ last: (leaf: UInt64, row: AuditSpanRow)) {
        self.init(leaves: end, through: last.row.sequence &+ (end &- last.leaf) &- 1, at: last.row.at)
    }
}
