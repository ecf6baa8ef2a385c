import LatchkeyStore
package import LatchkeyVerifier

/// What came of the operator's word that the clock is right.
package struct ClockAcceptance: Sendable {
    package let time: Timestamp
    /// What was wrong with the clock until then.
    package let problem: ClockProblem?
    /// Signing keys whose moments lay ahead and now begin here.
    package let correctedKeys: Int
}

/// The rows that remember time.
enum ClockRow {
    /// The latest time that was seen while the clock was reliable.
    static let seen = "seen"
    /// When the operator last took the clock as right.
    static let accepted = "accepted"

    /// The latest end of an HS256 token that was issued here.
    static let legacyExpiry = "legacy-expiry"

    static func noteLegacyExpiry(_ end: Timestamp, in transaction: borrowing WriteTransaction) throws {
        if let latest = try transaction.get(Tables.clock, legacyExpiry)?.moment, latest >= end { return }
        try transaction.put(Tables.clock, legacyExpiry, MomentRow(end))
    }

    /// The latest time that is known to have been: what the store has seen, and when this program was made, unless the operator has said
    /// since that an earlier time is right.
    static func floor(_ made: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> Timestamp {
        let seen = try transaction.get(Tables.clock, seen)?.moment
        if let seen, let accepted = try transaction.get(Tables.clock, accepted)?.moment, accepted < made { return seen }
        return max(seen ?? made, made)
    }
}

extension Authority {
    /// Rounds of upkeep between two notes of the time: about a minute.
    private static let notePeriod = 60

    package var clockProblem: ClockProblem? { clock.problem }

    /// - Throws: `clock_unreliable`.
    func requireClock() throws(AuthorityError) {
        guard clock.problem != nil else { return }
        throw AuthorityError(
            .clockUnreliable, "nothing is minted while this host's clock can't be trusted; the operator's status says more")
    }

    /// Watches the clock, and notes how late it is, so that the next start knows. What can't be written now is written at the next look.
    func tendClock(tick: Int) async {
        clock.look()
        guard tick % Self.notePeriod == 0 else { return }
        await noteTime()
    }

    func noteTime() async {
        guard clock.problem == nil else { return }
        try? await write(.essential) { [clock] transaction in
            guard clock.problem == nil else { return }
            try transaction.put(Tables.clock, ClockRow.seen, MomentRow(clock.now()))
        }
    }

    /// Takes the wall clock as right, on the operator's word. What the key ring has noted of moments that now lie ahead begins now: a key is
    /// seen for as long, signs for as long and stays for as long as if it had begun today.
    ///
    /// - Throws: `storage_unavailable`; then nothing is accepted.
    package func acceptClock(by caller: Caller) async throws -> ClockAcceptance {
        try caller.requireOwn()
        let problem = clock.problem
        let timings = settings.timings
        let corrected = try await write(.essential) { [self] transaction in
            try Self.requireLive(caller.principal, at: clock.now(), in: transaction)
            let now = clock.wall
            let records = try Self.signingKeys(in: transaction).compactMap { $0.corrected(timings, at: now) }
            for key in records { try transaction.put(Tables.signingKeys, key.kid, key) }
            try Self.correctCutover(at: now, in: transaction)
            try transaction.put(Tables.clock, ClockRow.seen, MomentRow(now))
            try transaction.put(Tables.clock, ClockRow.accepted, MomentRow(now))
            var draft = AuditDraft(.clockAccepted, by: caller)
            draft.resource = "clock"
            draft.metadata = ["time": now.description, "correctedKeys": String(records.count)]
            draft.metadata["problem"] = problem?.sentence
            try record(draft, in: transaction)
            return records.count
        }
        let time = clock.accept()
        legacyUses.settle(at: time)
        try reloadKeys()
        return ClockAcceptance(time: time, problem: problem, correctedKeys: corrected)
    }
}

extension SigningKeyRecord {
    /// The record with no moment of its past ahead of `now`; `nil` when there is none.
    fileprivate func corrected(_ timings: KeyTimings, at now: Timestamp) -> SigningKeyRecord? {
        var key = self
        key.publishedAt = min(publishedAt, now)
        key.activatedAt = activatedAt.map { min($0, now) }
        key.deactivatedAt = deactivatedAt.map { min($0, now) }
        key.leftAt = leftAt.map { min($0, now) }
        // No bundle lives longer than this.
        let latest = now.adding(seconds: timings.maxBundleLife)
        key.bundlesLackItUntil = bundlesLackItUntil.map { min($0, latest) }
        key.heldByBundlesUntil = heldByBundlesUntil.map { min($0, latest) }
        let isSame =
            key.publishedAt == publishedAt && key.activatedAt == activatedAt && key.deactivatedAt == deactivatedAt && key.leftAt == leftAt
            && key.bundlesLackItUntil == bundlesLackItUntil && key.heldByBundlesUntil == heldByBundlesUntil
        return isSame ? nil : key
    }
}
