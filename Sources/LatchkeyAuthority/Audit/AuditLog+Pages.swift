import LatchkeyStore
import LatchkeyVerifier

extension AuditLog {
    /// Leaves of a page, at most.
    static let pageSize: UInt64 = 500

    /// How many leaves a look at the whole log has to go through; more come in meanwhile.
    static func extent(in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64 {
        MerkleTree.size(nodeCount: try plausibleNodeCount(in: transaction))
    }

    /// A part of the log as it lies in the store. What can't be read is not there.
    ///
    /// - Parameters:
    ///   - first: the first leaf.
    ///   - extent: how many leaves there were when the look at the log began.
    static func page(from first: UInt64, extent: UInt64, in transaction: borrowing some StoreReads & ~Copyable) throws -> LogPage {
        var page = LogPage(first: first)
        let nodes = try plausibleNodeCount(in: transaction)
        let size = MerkleTree.size(nodeCount: nodes)
        let end = min(first + min(pageSize, extent - min(first, extent)), size)
        for leaf in first..<max(first, end) { page.leaves.append(try Self.leaf(leaf, in: transaction)) }
        let isLast = end >= extent || end >= size
        let checkpoints = Table<[UInt8], BytesRow>(Tables.checkpoints.name, slot: Tables.checkpoints.slot)
        try transaction.scan(checkpoints, from: first == 0 ? nil : (first + 1).storeBytes, limit: .max) { key, row in
            guard let over = UInt64(storeBytes: key) else {
                // Under no size: what it says is of no use, and that it is there is told.
                page.checkpoints.append(LogPage.StoredCheckpoint(size: page.checkpoints.last?.size ?? first, text: []))
                return true
            }
            guard over <= end || (isLast && over > size) else { return isLast }
            page.checkpoints.append(LogPage.StoredCheckpoint(size: over, text: row.bytes))
            return true
        }
        let before = first == 0 ? nil : try number(ofLeaf: first - 1, in: transaction)
        page.misplaced = try misplaced(from: first, to: isLast ? nil : end, in: transaction)
        page.strays = try strays(after: before, among: page.leaves, in: transaction)
        guard isLast else { return page }
        page.isRagged = try MerkleTree.nodeCount(size) != nodeCount(in: transaction)
        let newest = size == 0 ? nil : try number(ofLeaf: size - 1, in: transaction)
        try transaction.scanKeys(Tables.audit, after: newest?.storeBytes, limit: .max) { sequence in
            page.strays.append(sequence)
            return page.strays.count < Int(pageSize)
        }
        return page
    }

    /// Numbers of entries between those of these leaves that are none of theirs.
    private static func strays(
        after before: UInt64?, among leaves: [LogExamination.Leaf], in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> [UInt64] {
        guard let last = leaves.last?.sequence else { return [] }
        let numbers = Set(leaves.compactMap(\.sequence))
        var strays: [UInt64] = []
        try transaction.scanKeys(Tables.audit, after: before?.storeBytes, limit: .max) { sequence in
            guard sequence <= last else { return false }
            if !numbers.contains(sequence) { strays.append(sequence) }
            return true
        }
        return strays
    }

    /// The leaves behind which something lies in the tree that is no place of it.
    ///
    /// - Parameter end: the leaf before which to stop; none for the end of the table.
    private static func misplaced(
        from first: UInt64, to end: UInt64?, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> [UInt64] {
        let stop = end.map { MerkleTree.position(ofLeaf: $0).storeBytes }
        var position: UInt64?
        var found: [UInt64] = []
        try transaction.scanKeys(
            raw, from: first == 0 ? nil : MerkleTree.position(ofLeaf: first).storeBytes, limit: 4 * Int(pageSize)
        ) { key in
            if let stop, !key.lexicographicallyPrecedes(stop) { return false }
            if let place = UInt64(storeBytes: key) {
                position = place
            } else {
                found.append(position.map { max(MerkleTree.size(nodeCount: $0 &+ 1), 1) - 1 } ?? first)
            }
            return true
        }
        return found
    }

    private static func number(ofLeaf leaf: UInt64, in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64? {
        try readable { try sequence(ofLeaf: leaf, in: transaction) }
    }

    /// Whether the tree has a leaf for a number; also where it is too damaged to tell.
    static func mayHaveLeaf(_ sequence: UInt64, in transaction: borrowing some StoreReads & ~Copyable) throws -> Bool {
        var (low, high) = (UInt64(0), try extent(in: transaction))
        while low < high {
            let middle = low + (high - low) / 2
            guard let found = try number(ofLeaf: middle, in: transaction) else { return true }
            if found == sequence { return true }
            if found < sequence { low = middle + 1 } else { high = middle }
        }
        return false
    }

    /// Looks at the whole log in one transaction.
    static func examine(
        _ examination: LogExamination, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> LogReport {
        let extent = try extent(in: transaction)
        var examination = examination
        examination.genesis = try readable { try genesis(in: transaction) }
        repeat {
            examination.take(try page(from: examination.size, extent: extent, in: transaction))
        } while examination.size < extent
        return examination.finish()
    }

    private static func leaf(_ leaf: UInt64, in transaction: borrowing some StoreReads & ~Copyable) throws -> LogExamination.Leaf {
        let position = MerkleTree.position(ofLeaf: leaf)
        var nodes: [TreeHash?] = []
        for level in 0..<UInt64(MerkleTree.nodes(withLeaf: leaf)) {
            nodes.append(try readable { try transaction.get(Tables.auditTree, position + level)?.hash })
        }
        guard let sequence = try number(ofLeaf: leaf, in: transaction) else {
            return LogExamination.Leaf(sequence: nil, body: .missing, nodes: nodes)
        }
        let entry = try readable { try transaction.get(Tables.audit, sequence)?.json }
        let absence = try readable { try Self.absence(ofLeaf: leaf, in: transaction) }
        let body: LogExamination.Leaf.Body =
            switch (entry, absence) {
            case (let entry?, nil): .entry(entry)
            case (let entry?, .some): .revived(entry)
            case (nil, .removed): .removed
            case (nil, .lost): .lost
            case (nil, nil): .missing
            }
        return LogExamination.Leaf(sequence: sequence, body: body, nodes: nodes)
    }

    /// What can't be read is not there: that it can't is told by a check of its table.
    private static func readable<Value>(_ read: () throws -> Value?) throws -> Value? {
        do {
            return try read()
        } catch let error as StoreError where error.code == .undecodable || error.code == .newer {
            return nil
        }
    }
}
