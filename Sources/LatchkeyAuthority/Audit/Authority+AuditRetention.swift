import LatchkeyStore
import LatchkeyVerifier
import Synchronization

extension Authority {
    /// Entries that one write removes, beside those that only told of earlier removals.
    private static let batch = 256

    /// Seconds that go by after each start, before anything is too old: a clock that was ahead at the start may be set right by then, and what is
    /// removed never comes back. After each, as a second start knows nothing of the leap that the first one saw.
    static let retentionHesitation: Int64 = 3600

    /// Whether the time is so certain that entries may be removed by it.
    func isRetentionCertain() -> Bool {
        let now = clock.now()
        return retentionStart.withLock { start in
            // Also after a step back the wait is no longer than it was.
            start = min(start, now.adding(seconds: Self.retentionHesitation))
            return now >= start
        }
    }

    /// Removes entries that are older than their organisation keeps them, and says so in the log.
    ///
    /// - Returns: whether there is more to remove.
    package func removeOldAuditEntries() async -> Bool {
        var hasMore = false
        for (organisation, days) in retentions where days > 0 {
            let removed = try? await removeOldAuditEntries(of: organisation, keeping: days)
            hasMore = hasMore || removed == Self.batch
        }
        return hasMore
    }

    /// Removes the oldest entries of an organisation, as many as one write may, in one commit with the entry that tells of it.
    ///
    /// - Returns: how many were too old, beside those that only told of earlier removals.
    func removeOldAuditEntries(of organisation: String, keeping days: Int64) async throws -> Int {
        let cutOff = clock.now().adding(seconds: -days * 86_400)
        let old = try oldEntries(organisation, before: AuditIndex.Place(cutOff, 0))
        guard old.count > 0 else { return 0 }
        try await write(.essential) { [self] transaction in
            // Another write may have removed some of them meanwhile, and told so.
            var removed: [UInt64] = []
            for (sequence, keys) in old.entries {
                for key in keys { try transaction.delete(Tables.auditIndex, key) }
                guard try transaction.contains(Tables.audit, sequence) else { continue }
                try transaction.delete(Tables.audit, sequence)
                removed.append(sequence)
            }
            // Leaves stay: what they prove of the rest goes on.
            let leaves = try AuditLog.noteRemoved(removed, in: transaction)
            guard !leaves.isEmpty else { return }
            var draft = AuditDraft(.auditRemoved, actor: "system", organisation: organisation)
            draft.plane = "relayauth"
            draft.resource = "audit"
            draft.metadata = [
                RemovalNote.member: LeafRanges(leaves).union(old.told).text, "count": String(leaves.count), "before": cutOff.description,
                "reason": "retention",
            ]
            try record(draft, in: transaction)
        }
        return old.count
    }

    /// Days that each organisation keeps its entries, 0 for ever; "" is what belongs to none.
    private var retentions: [(organisation: String, days: Int64)] {
        var found: [(organisation: String, days: Int64)] = [("", Int64(settings.auditRetentionDays))]
        try? read { transaction in
            try transaction.scan(Tables.organisations, limit: .max) { id, record in
                found.append((id, OrganisationRules(record, settings).auditRetentionDays))
                return true
            }
        }
        return found
    }

    /// Found in a snapshot, not by the writer: entries never change, so the decoding need not hold anybody up.
    private func oldEntries(_ organisation: String, before cutOff: AuditIndex.Place) throws -> OldAuditEntries {
        try read { transaction in
            var old = OldAuditEntries()
            var notes: [AuditIndex.Place] = []
            let list = AuditIndex.prefix(organisation, .action, AuditRecord.Action.auditRemoved.rawValue)
            try transaction.scanKeys(Tables.auditIndex, prefix: AuditIndex.prefix(organisation, .all), limit: .max) { key in
                guard let place = AuditIndex.Place(endOf: key), place < cutOff else { return false }
                // What tells of removals goes only where another tells as much.
                guard try !transaction.contains(Tables.auditIndex, list + place.bytes) else {
                    // Those that are full stand at the front.
                    if notes.count == OldAuditEntries.mostNotes { notes.removeFirst() }
                    notes.append(place)
                    return true
                }
                if let entry = try OldAuditEntries.entry(at: place, in: transaction) { old.take(entry) }
                return old.count < Self.batch
            }
            // With nothing else to tell, one note would only take the place of another.
            if old.count > 0 { try old.takeOver(notes, in: transaction) }
            return old
        }
    }
}

/// What one write of retention removes.
private struct OldAuditEntries {
    /// Entries that tell of earlier removals and are looked at in one go.
    static let mostNotes = 64
    /// Ranges that one entry takes over from such, at most: it stays of a size that people can look at. One that is full stays for ever.
    private static let mostRanges = 256

    var entries: [(sequence: UInt64, keys: [[UInt8]])] = []
    /// Leaves that those of the entries told of which tell of removals.
    var told = LeafRanges()
    /// How many of the entries are no such ones.
    var count = 0

    /// An entry that may be removed, and its leaf: one that is what was hashed, and as old as the list says. Any other one somebody has changed,
    /// deleted or put where it is not: that is for a look at the log to tell, and must not be told to have been too old.
    static func entry(
        at place: AuditIndex.Place, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> (record: AuditRecord, json: [UInt8], leaf: UInt64)? {
        guard let entry = try? transaction.get(Tables.audit, place.sequence), let record = try? entry.record(),
            AuditIndex.Place(record.timestamp, record.seq) == place,
            let leaf = try AuditLog.leaf(ofSequence: place.sequence, in: transaction),
            try transaction.get(Tables.auditTree, MerkleTree.position(ofLeaf: leaf))?.hash == MerkleTree.leafHash(entry.json)
        else { return nil }
        return (record, entry.json, leaf)
    }

    mutating func take(_ entry: (record: AuditRecord, json: [UInt8], leaf: UInt64)) {
        entries.append((entry.record.seq, AuditIndex.keys(of: entry.record)))
        count += 1
    }

    /// Takes in entries that tell of removals, as far as one entry can tell what they told.
    mutating func takeOver(_ notes: [AuditIndex.Place], in transaction: borrowing some StoreReads & ~Copyable) throws {
        let known = notes.isEmpty ? 0 : try AuditLog.genesis(in: transaction)?.leaves ?? 0
        for place in notes {
            guard let entry = try Self.entry(at: place, in: transaction), let note = RemovalNote(entry: entry.json) else { continue }
            // Of leaves of another tree nothing needs to be told any more.
            let leaves = entry.leaf < known ? LeafRanges() : note.leaves.within(0..<entry.leaf)
            let both = told.union(leaves)
            guard both.ranges.count <= Self.mostRanges else { continue }
            told = both
            entries.append((place.sequence, AuditIndex.keys(of: entry.record)))
        }
    }
}
