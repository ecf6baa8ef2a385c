import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Entries that one write removes.
    private static let batch = 256

    /// Removes entries that are older than their organisation keeps them. The newest entry of the whole log stays until there is a newer
    /// one: the next entry's number comes from it.
    ///
    /// - Returns: whether there is more to remove.
    package func removeOldAuditEntries() async -> Bool {
        let now = clock.now()
        var hasMore = false
        for (organisation, days) in retentions where days > 0 {
            let cutOff = AuditIndex.Place(now.adding(seconds: -days * 86_400), 0)
            guard let old = try? oldEntries(organisation, before: cutOff), !old.isEmpty else { continue }
            let removed: Bool? = try? await write(.essential) { transaction in
                // Leaves stay: what they prove of the rest goes on.
                try AuditLog.noteRemoved(old.map(\.sequence), in: transaction)
                for (sequence, keys) in old {
                    for key in keys { try transaction.delete(Tables.auditIndex, key) }
                    try transaction.delete(Tables.audit, sequence)
                }
                return true
            }
            hasMore = hasMore || (removed == true && old.count == Self.batch)
        }
        return hasMore
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
    private func oldEntries(_ organisation: String, before cutOff: AuditIndex.Place) throws -> [(sequence: UInt64, keys: [[UInt8]])] {
        try read { transaction in
            var old: [(sequence: UInt64, keys: [[UInt8]])] = []
            let newest = try Self.lastSequence(in: transaction)
            try transaction.scanKeys(Tables.auditIndex, prefix: AuditIndex.prefix(organisation, .all), limit: Self.batch) { key in
                guard let place = AuditIndex.Place(endOf: key), place < cutOff else { return false }
                guard place.sequence != newest else { return true }
                // An entry that can't be read any more goes all the same; what is left of it in the index leads nowhere.
                let record = try? transaction.get(Tables.audit, place.sequence)?.record()
                let keys = record.map { AuditIndex.keys(of: $0) } ?? [key]
                old.append((place.sequence, keys))
                return true
            }
            return old
        }
    }
}
