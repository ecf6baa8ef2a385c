import LatchkeyStore
import LatchkeyVerifier

/// What goes into a trust bundle, read in pages: no snapshot stays open while it is made.
extension Authority {
    /// Everything that was revoked up to a number and can still be presented.
    func revokedThings(upTo number: UInt64, at now: Timestamp) throws -> RevokedThings {
        var things = RevokedThings()
        var after: UInt64? = 0
        while let start = after {
            after = try read { try things.addPage(after: start, upTo: number, at: now, in: $0) }
            seams.afterStep("bundle: page read")
        }
        return things
    }

    /// Which tokens of the legacy key are this install's, and which of them are dead. These come from elsewhere, too, and none of them is on
    /// record here: what is known of their subjects decides (as in `LegacyBearer.Standing`).
    ///
    /// - Parameter notAfter: of the bundle: while the legacy key still signs here, tokens of it are issued until then.
    func legacyTerms(_ cutover: CutoverRecord, at now: Timestamp, notAfter: Timestamp) throws -> BundleContents.LegacyTerms {
        var issuedHere: Timestamp?
        if cutover.phase.signsLegacy {
            issuedHere = notAfter.adding(seconds: Self.longestLife)
        } else {
            issuedHere = try read { try $0.get(Tables.clock, ClockRow.legacyExpiry)?.moment }
        }
        let until = max(cutover.elsewhereUntil, issuedHere ?? cutover.elsewhereUntil)
        var organisations: [String] = []
        try pages(Tables.organisations) { id, _ in organisations.append(id) }
        // By then no token from elsewhere goes on, and of those that were issued here the revocations tell.
        let isOver = cutover.elsewhereUntil.adding(seconds: RevocationLog.afterlife) <= now
        return BundleContents.LegacyTerms(
            kid: cutover.kid, issuer: cutover.issuer, until: until, elsewhereUntil: cutover.elsewhereUntil,
            organisations: IdSet(.organisations, organisations), subjects: isOver ? CutOffs() : try deadSubjects(until: until))
    }

    /// Up to when what was issued to identities elsewhere is dead.
    ///
    /// - Parameter until: for those of whom nothing counts: what is issued to them later does not either.
    private func deadSubjects(until: Timestamp) throws -> CutOffs {
        var subjects = CutOffs()
        try pages(Tables.identityLiveness) { id, row in
            if row.status != .active {
                subjects.cut(id, at: until)
            } else if let cutOff = row.cutOffAt {
                subjects.cut(id, at: cutOff)
            }
        }
        try pages(Tables.legacySpent) { _, row in
            if Identifier.isPlausible(row.text, .identity) { subjects.cut(row.text, at: until) }
        }
        return subjects
    }

    /// Visits every row of a table, a page a transaction.
    private func pages<Key: StoreKey, Row>(_ table: Table<Key, Row>, _ visit: (Key, Row) -> Void) throws {
        var last: [UInt8]?
        while true {
            var seen = 0
            try read { transaction in
                try transaction.scan(table, after: last, limit: RevokedThings.page) { key, row in
                    seen += 1
                    last = key.storeBytes
                    visit(key, row)
                    return true
                }
            }
            guard seen == RevokedThings.page else { return }
        }
    }
}
