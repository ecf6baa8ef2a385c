import LatchkeyStore
import LatchkeyVerifier

/// Every way to revoke ends here, in the commit that makes it effective: what a trust bundle says is what is true here.
extension Authority {
    func noteRevoked(session id: String, _ row: SessionRow, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        let life = try transaction.get(Tables.sessions, id)?.accessTTL ?? Self.longestLife
        // No token is older than its id, so none of the session lives longer than from the newest id of all.
        let last = max(now, ids.newest).adding(seconds: min(life, Self.longestLife))
        try RevocationLog.note(
            RevocationRow(.session, id, until: min(row.endsAt, last).adding(seconds: RevocationLog.afterlife)), in: transaction)
    }

    /// A moment that parts the tokens of before from those of after: every token that was committed has an id of that millisecond or an
    /// earlier one, and one that is decided on after this commit has a later one. What was decided on before and is not committed is refused
    /// then, because its ground has changed.
    ///
    /// By the clock alone that can't be told: it stands still within a millisecond, and a request may read it long before its commit.
    func cutEdge(in transaction: borrowing WriteTransaction) throws -> Timestamp {
        let edge = try ids.part()
        try TrustNumber.cut.raise(to: UInt64(edge.milliseconds), in: transaction)
        return edge
    }

    /// Everything that was issued for an identity up to an edge is dead.
    func noteCutOff(_ id: String, at edge: Timestamp, in transaction: borrowing WriteTransaction) throws {
        let until = edge.adding(seconds: Self.longestLife + RevocationLog.afterlife)
        try RevocationLog.note(RevocationRow(.identity, id, cutOff: edge, until: until), in: transaction)
    }

    /// Everything that was ever issued is dead: sessions, tokens and refresh tokens here, and one line of each bundle says so.
    func cutEverything(at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        try RevocationLog.noteEverything(upTo: try cutEdge(in: transaction), in: transaction)
        try transaction.scan(Tables.identityLiveness, limit: .max) { id, row in
            var cut = row
            cut.epoch += 1
            cut.cutOffAt = now
            try transaction.put(Tables.identityLiveness, id, cut)
            return true
        }
    }

    /// The latest millisecond that an id here has: of tokens and of cut-offs, as no other ids are held against cut-offs.
    static func newestId(in transaction: borrowing some StoreReads & ~Copyable) throws -> Timestamp? {
        var newest = try TrustNumber.cut.last(in: transaction)
        try transaction.scanKeys(Tables.tokens, descending: true, limit: 1) { id in
            if let moment = Identifier.moment(of: id, .token) { newest = max(newest, UInt64(max(0, moment.milliseconds))) }
            return false
        }
        return newest == 0 ? nil : Timestamp(milliseconds: Int64(clamping: newest))
    }
}
