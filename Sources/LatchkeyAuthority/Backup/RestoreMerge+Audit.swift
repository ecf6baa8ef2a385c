import LatchkeyStore
import LatchkeyVerifier

/// What was told after the backup.
extension RestoreMerge {
    /// The log goes on where it was: what happened after the backup happened, also where it left no trace in the restored store.
    ///
    /// Where the replaced log is the restored one with more behind it, each further leaf keeps its place, also that of an entry which retention has
    /// removed: the tree comes out the same, and whatever head was written down, the log still goes on from it.
    ///
    /// - Returns: leaves whose entries are not there, which an entry has to tell of.
    func mergeAudit(
        _ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction, _ now: Timestamp,
        _ report: inout RestoreReport
    ) throws -> LeafRanges {
        var lost = LeafRanges()
        let own = try AuditLog.size(in: new)
        let theirs = (try? AuditLog.extent(in: old)) ?? 0
        // Where either tree is damaged, nobody can tell that one goes on where the other ended.
        if theirs >= own, let root = try? AuditLog.root(own, in: new), (try? AuditLog.root(own, in: old)) == root {
            report.logGoesOn = try takeLeaves(from: own, to: theirs, old, new, now, &report, &lost)
            try takeCheckpoints(after: own, source, old, new)
        }
        // What no leaf led to.
        let last = try max(Authority.lastSequence(in: new), AuditLog.end(in: new).sequence - 1)
        try source.rows(Tables.audit, from: (last + 1).storeBytes, in: old) { sequence, entry in
            guard sequence > last, try take(entry, sequence, new) else { return }
            try AuditLog.append(
                MerkleTree.leafHash(entry.json), sequence: sequence, origin: .restored, at: now, after: AuditLog.end(in: new), in: new)
            report.auditEntries += 1
        }
        return lost
    }

    /// - Parameter lost: leaves that came along, and whose entries nothing tells of here.
    /// - Returns: whether all leaves came along as they are.
    private func takeLeaves(
        from first: UInt64, to extent: UInt64, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction, _ now: Timestamp,
        _ report: inout RestoreReport, _ lost: inout LeafRanges
    ) throws -> Bool {
        var leaves: [UInt64] = []
        defer { lost = lost.union(LeafRanges(leaves)) }
        var next = first
        var isSame = true
        while next < extent {
            guard let page = try? AuditLog.page(from: next, extent: extent, in: old), !page.leaves.isEmpty else { return false }
            for leaf in page.leaves {
                guard let sequence = leaf.sequence else { return false }
                let end = try AuditLog.end(in: new)
                let stored = leaf.nodes.first ?? nil
                let hash: TreeHash
                if case .entry(let json) = leaf.body, try take(AuditEntry(stored: json), sequence, new) {
                    hash = MerkleTree.leafHash(json)
                    report.auditEntries += 1
                } else {
                    guard let stored else { return false }
                    hash = stored
                    if leaf.body != .removed, leaf.body != .lost {
                        report.lostAuditEntries += 1
                        leaves.append(end.size)
                    }
                    // What it told is told again. One that is not what was hashed told nothing.
                    if case .entry(let json) = leaf.body, MerkleTree.leafHash(json) == stored, let note = RemovalNote(entry: json) {
                        lost = lost.union(note.leaves.within(first..<max(first, end.size)))
                    }
                }
                isSame = isSame && hash == stored
                try AuditLog.append(hash, sequence: sequence, origin: .restored, at: now, after: end, in: new)
                if try !new.contains(Tables.audit, sequence) {
                    try AuditLog.noteRemoved([sequence], leaf.body == .removed ? .removed : .lost, in: new)
                }
            }
            next += UInt64(page.leaves.count)
        }
        return isSame
    }

    /// - Returns: whether the entry is one that can be read, of an organisation that is there.
    private func take(_ entry: AuditEntry, _ sequence: UInt64, _ new: borrowing WriteTransaction) throws -> Bool {
        guard let record = try? entry.record(), record.seq == sequence,
            try record.orgId.isEmpty || new.contains(Tables.organisations, record.orgId)
        else { return false }
        try new.put(Tables.audit, sequence, entry)
        for key in AuditIndex.keys(of: record) { try new.put(Tables.auditIndex, key, EmptyRow()) }
        return true
    }

    /// Those that tell of the log as it is now, and are signed by an anchor of this install.
    private func takeCheckpoints(
        after size: UInt64, _ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction
    ) throws {
        let anchors = try Authority.anchors(in: new).map { try $0.publicHalf() }
        let reached = try AuditLog.size(in: new)
        try source.rows(Tables.checkpoints, from: (size + 1).storeBytes, in: old) { over, row in
            guard over <= reached, let checkpoint = try? Checkpoint(parsing: row.text), checkpoint.size == over,
                anchors.contains(where: { (try? checkpoint.check($0)) != nil }), try AuditLog.root(over, in: new) == checkpoint.root
            else { return }
            try new.put(Tables.checkpoints, over, row)
        }
    }
}
