import LatchkeyStore
import LatchkeyVerifier

/// What was issued, spent and told after the backup.
extension RestoreMerge {
    /// Sessions and tokens from after the backup come along dead: whoever asks for one of their ids learns that it is revoked, in every phase of
    /// a cutover, too.
    func mergeSessions(
        _ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction, _ now: Timestamp
    ) throws {
        try source.rows(Tables.sessionLiveness, in: old) { id, row in
            let expiry = Expiry.session(id, until: row.endsAt)
            guard expiry.at > now, try !new.contains(Tables.sessions, id),
                let record = source.row(Tables.sessions, id, in: old)
            else { return }
            var ended = row
            ended.revokedAt = row.revokedAt ?? now
            try new.put(Tables.sessions, id, record)
            try new.put(Tables.sessionLiveness, id, ended)
            try expiry.note(in: new)
        }
        try source.rows(Tables.tokens, in: old) { id, row in
            guard Expiry.token(id, until: row.expiresAt).at > now, try new.contains(Tables.sessionLiveness, row.sessionId) else { return }
            var dead = try new.get(Tables.tokens, id) ?? row
            dead.revokedAt = dead.revokedAt ?? row.revokedAt ?? now
            try new.put(Tables.tokens, id, dead)
            try new.put(Tables.tokensByIdentity, OwnedKey(dead.identityId, id), EmptyRow())
            try Expiry.token(id, until: dead.expiresAt).note(in: new)
        }
        // What a cutover took once stays spent for as long as it would have, and mints that were counted stay counted.
        try source.rows(Tables.expiries, in: old) { key, _ in
            guard let expiry = Expiry(storeKey: key), expiry.kind == .legacySpent, try !new.contains(Tables.legacySpent, expiry.key),
                let row = source.row(Tables.legacySpent, expiry.key, in: old)
            else { return }
            try new.put(Tables.legacySpent, expiry.key, row)
            try expiry.note(in: new)
        }
        try source.rows(Tables.mintBuckets, in: old) { key, bucket in
            if let before = try new.get(Tables.mintBuckets, key) {
                try new.delete(Tables.expiries, Expiry.mintBucket(key, before).storeKey)
            }
            try new.put(Tables.mintBuckets, key, bucket)
            try Expiry.mintBucket(key, bucket).note(in: new)
        }
    }

    /// What is remembered of time never goes back.
    func mergeMoments(_ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction) throws {
        for name in [ClockRow.seen, ClockRow.overruled, ClockRow.copies, ClockRow.legacyExpiry, ClockRow.swept] {
            guard let former = source.row(Tables.clock, name, in: old)?.moment else { continue }
            let own = try new.get(Tables.clock, name)?.moment ?? former
            try new.put(Tables.clock, name, MomentRow(max(own, former)))
        }
        try source.rows(Tables.legacyUses, in: old) { key, row in
            let own = try new.get(Tables.legacyUses, key)
            if own.map({ $0.lastSeenAt < row.lastSeenAt }) ?? true { try new.put(Tables.legacyUses, key, row) }
        }
    }
}
