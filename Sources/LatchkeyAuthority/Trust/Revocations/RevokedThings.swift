import LatchkeyStore
import LatchkeyVerifier

/// What was revoked and can still be presented, as a trust bundle says it.
struct RevokedThings {
    /// Rows that one transaction reads at most: an open snapshot pins every page that is freed after it.
    static let page = 1000

    private(set) var tokens: Set<String> = []
    private(set) var sessions: Set<String> = []
    /// The last millisecond of a token's id that is dead, whoever it was issued to.
    private(set) var cutOffForAll: Timestamp?
    /// The same for single identities.
    private(set) var cutOffs = CutOffs()

    /// - Parameter now: what can't be presented any more by then is left out.
    mutating func add(_ row: RevocationRow, at now: Timestamp) {
        guard now < row.until else { return }
        switch row.kind {
        case .token: tokens.insert(row.id)
        case .session: sessions.insert(row.id)
        case .identity: if let cutOff = row.cutOff { cutOffs.cut(row.id, at: cutOff) }
        case .everything: if let cutOff = row.cutOff { cutOffForAll = max(cutOffForAll ?? cutOff, cutOff) }
        }
    }

    /// Whether a verifier that has nothing but this takes the token for revoked.
    func covers(_ tokenId: String, of sessionId: String, of identityId: String) -> Bool {
        if tokens.contains(tokenId) || sessions.contains(sessionId) { return true }
        let cutOff = [cutOffs[identityId], cutOffForAll].compactMap(\.self).max()
        guard let cutOff else { return false }
        return Identifier.moment(of: tokenId, .token).map { $0 <= cutOff } ?? true
    }

    /// Adds one page of what was revoked after a number and up to another.
    ///
    /// - Returns: the number to go on after; none when that was all.
    mutating func addPage(
        after number: UInt64, upTo last: UInt64, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> UInt64? {
        var seen = 0
        var end = number
        try transaction.scan(Tables.revocations, after: number.storeBytes, limit: Self.page) { number, row in
            guard number <= last else { return false }
            seen += 1
            end = number
            add(row, at: now)
            return true
        }
        return seen == Self.page ? end : nil
    }

    /// Everything up to a number, in one transaction: for whoever has the store to itself.
    static func all(at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> RevokedThings {
        var things = RevokedThings()
        try transaction.scan(Tables.revocations, limit: .max) { _, row in
            things.add(row, at: now)
            return true
        }
        return things
    }
}
