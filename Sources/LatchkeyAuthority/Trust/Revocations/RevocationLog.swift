import LatchkeyStore
import LatchkeyVerifier

/// The record of what was revoked, in the order of the commits: each thing has a number, and whoever knows all up to a number knows all that
/// was revoked by then.
enum RevocationLog {
    /// Seconds after its end for which something may be taken as good, and as long again: so rows outlive what they are about.
    static let afterlife: Int64 = 120

    /// Numbers a revocation; upkeep removes it when nothing that is meant can be presented any more.
    ///
    /// Also one that seems to be over already: the clock may be ahead, and be set back one day.
    static func note(_ row: RevocationRow, in transaction: borrowing WriteTransaction) throws {
        let number = try TrustNumber.revocation.next(in: transaction)
        try transaction.put(Tables.revocations, number, row)
        try Expiry(at: row.until, .revocation, number.storeBytes).note(in: transaction)
    }

    /// Numbers the end of everything that was issued up to a millisecond of ids.
    static func noteEverything(upTo edge: Timestamp, in transaction: borrowing WriteTransaction) throws {
        let until = edge.adding(seconds: Authority.longestLife + afterlife)
        try note(RevocationRow(.everything, "", cutOff: edge, until: until), in: transaction)
        try TrustNumber.everything.raise(to: UInt64(max(0, edge.milliseconds)), in: transaction)
    }

    static func token(_ id: String, _ row: TokenRow) -> RevocationRow {
        RevocationRow(.token, id, until: row.expiresAt.adding(seconds: afterlife))
    }

    /// What is dead here by its token, session or identity and by no revocation that is numbered: all of it in a store from before there were
    /// numbers, and nothing otherwise.
    static func missing(at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> [RevocationRow] {
        let known = try RevokedThings.all(at: now, in: transaction)
        var rows: [RevocationRow] = []
        var sessions: [String: Timestamp] = [:]
        try transaction.scan(Tables.tokens, limit: .max) { id, token in
            let until = token.expiresAt.adding(seconds: afterlife)
            guard now < until, !known.covers(id, of: token.sessionId, of: token.identityId) else { return true }
            // That a session ends by itself is no revocation.
            if try Authority.liveSession(token.sessionId, at: token.issuedAt, in: transaction) == nil {
                sessions[token.sessionId] = max(sessions[token.sessionId] ?? until, until)
            } else if token.revokedAt != nil {
                rows.append(RevocationRow(.token, id, until: until))
            }
            return true
        }
        for (id, until) in sessions.sorted(by: { $0.key < $1.key }) { rows.append(RevocationRow(.session, id, until: until)) }
        return rows
    }
}

extension Authority {
    /// Numbers what was revoked before there were numbers, in a store that an older program made.
    static func fillRevocations(at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        for row in try RevocationLog.missing(at: now, in: transaction) { try RevocationLog.note(row, in: transaction) }
    }
}
