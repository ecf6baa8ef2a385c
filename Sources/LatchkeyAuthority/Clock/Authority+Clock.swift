import LatchkeyStore
package import LatchkeyVerifier
import Synchronization

/// What came of the operator's word that the clock is right.
package struct ClockAcceptance: Sendable {
    package let time: Timestamp
    /// What was wrong with the clock until then.
    package let problem: ClockProblem?
    /// Signing keys whose moments were moved with the clock.
    package let correctedKeys: Int
}

/// The rows that remember time.
enum ClockRow {
    /// The latest time that is known to have been.
    static let seen = "seen"
    /// When the latest program was made that stood against the clock when the operator took it as right: its build date counts no more.
    static let overruled = "overruled-build"

    /// Where the time stood when a start first found the clock behind; there until it is right again. What was noted since is too early by as
    /// much as nobody knew.
    static let behind = "behind"
    /// When the last copy of the JWKS that was served under a longer max-age than today's ends.
    static let copies = "jwks-copies"
    /// The latest end of what upkeep has removed of tokens, sessions and revocations.
    static let swept = "swept"
    /// The latest end of an HS256 token that was issued here.
    static let legacyExpiry = "legacy-expiry"
    /// Of which moment the newest backup is that was sent to its end.
    static let backedUp = "backed-up"

    static func noteLegacyExpiry(_ end: Timestamp, in transaction: borrowing WriteTransaction) throws {
        if let latest = try transaction.get(Tables.clock, legacyExpiry)?.moment, latest >= end { return }
        try transaction.put(Tables.clock, legacyExpiry, MomentRow(end))
    }

    /// The latest time that is known to have been: what the store has seen, and when this program was made, unless the operator has said
    /// of this program, or of one that was made later, that an earlier time is right.
    static func floor(_ made: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> Timestamp {
        let seen = try transaction.get(Tables.clock, seen)?.moment
        if let seen, let overruled = try transaction.get(Tables.clock, overruled)?.moment, made <= overruled { return seen }
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
        if let step = clock.look() { clockDebt.withLock { $0.step = step } }
        if await settleClockDebt() { try? reloadKeys() }
        guard tick % Self.notePeriod == 0 else { return }
        await noteTime()
    }

    /// Notes the time that the steady clock knows, also while the wall clock says another: what has ended by then does not come alive again at
    /// the next start. It never goes back but by the operator's word.
    func noteTime() async {
        // What has to be reckoned from the time that was noted last goes first.
        guard clockDebt.withLock({ $0.isNone }) else { return }
        try? await write(.essential) { [seams, clock] transaction in
            let now = clock.nowOnRecord()
            if let seen = try transaction.get(Tables.clock, ClockRow.seen)?.moment, seen >= now { return }
            try seams.beforeTime()
            try transaction.put(Tables.clock, ClockRow.seen, MomentRow(now))
        }
    }

    /// For the log, after a long absence and the first look at what was due.
    package var absenceNotice: String? {
        guard let absence else { return nil }
        let days = absence / 86_400
        let off = "was off for \(days) \(days == 1 ? "day" : "days")"
        let isCurrent = clock.problem == nil && sealing.state == .open && keyRingProblem == nil
        return isCurrent ? "\(off); the signing keys were brought up to date" : off
    }

    /// A clock that was behind is right again: keys that an emergency made meanwhile have been in the JWKS only since then.
    static func catchUp(by step: Int64, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        guard let floor = try transaction.get(Tables.clock, ClockRow.behind)?.moment else { return }
        for var key in try signingKeys(in: transaction) where key.publishedAt >= floor {
            key.publishedAt = key.publishedAt.moved(by: step, latest: now)
            key.knownBy = key.knownBy?.adding(milliseconds: step)
            try transaction.put(Tables.signingKeys, key.kid, key)
        }
        if let copies = try transaction.get(Tables.clock, ClockRow.copies)?.moment, copies >= floor {
            try transaction.put(Tables.clock, ClockRow.copies, MomentRow(copies.adding(milliseconds: step)))
        }
        try moveCutover(by: step, since: floor, at: now, in: transaction)
        try transaction.delete(Tables.clock, ClockRow.behind)
    }

    /// Takes the wall clock as right, on the operator's word. What the key ring and a cutover have noted moves with it: a key that has been
    /// seen for an hour has been seen for an hour by the new time too, and stays for as long as it would have.
    ///
    /// A clock that is right already is only told of in the audit log.
    ///
    /// - Throws: `storage_unavailable`; then nothing is accepted.
    package func acceptClock(by caller: Caller) async throws -> ClockAcceptance {
        try caller.requireOwn()
        let timings = settings.timings
        await flushLegacyUses()
        let decided = Mutex<SteadyClock.Correction?>(nil)
        defer { clock.announce(nil) }
        let corrected = try await write(.essential) { [self] transaction in
            // The body may run again: what it decided on the first time stays.
            let correction = decided.withLock { decided in
                let correction = decided ?? clock.correction()
                decided = correction
                return correction
            }
            try Self.requireLive(caller.principal, at: clock.now(), in: transaction)
            var draft = AuditDraft(.clockAccepted, by: caller)
            draft.resource = "clock"
            draft.metadata = ["time": correction.time.description, "correctedKeys": "0"]
            guard let problem = correction.problem else {
                try record(draft, in: transaction)
                return 0
            }
            _ = try putClockDebt(in: transaction)
            clock.announce(correction)
            var isDone = false
            defer { if !isDone { clock.announce(nil) } }
            let (now, step) = (correction.time, correction.step)
            let records = try Self.signingKeys(in: transaction).compactMap { $0.moved(by: step, timings, at: now) }
            for key in records { try transaction.put(Tables.signingKeys, key.kid, key) }
            if let copies = try transaction.get(Tables.clock, ClockRow.copies)?.moment {
                try transaction.put(Tables.clock, ClockRow.copies, MomentRow(copies.adding(milliseconds: step)))
            }
            try Self.moveCutover(by: step, at: now, in: transaction)
            // By the wrong time tokens had ended that go on by the right one, and nobody knows any more which of them were revoked.
            if let swept = try transaction.get(Tables.clock, ClockRow.swept)?.moment, swept > now.adding(seconds: TokenPolicy.standardSkew)
            {
                try cutEverything(at: now, in: transaction)
                try transaction.delete(Tables.clock, ClockRow.swept)
                draft.metadata["tokens"] = "all ended: some of them had been removed as expired by the wrong time"
            }
            try transaction.put(Tables.clock, ClockRow.seen, MomentRow(now))
            let overruled = try transaction.get(Tables.clock, ClockRow.overruled)?.moment ?? settings.madeAt
            try transaction.put(Tables.clock, ClockRow.overruled, MomentRow(max(overruled, settings.madeAt)))
            try transaction.delete(Tables.clock, ClockRow.behind)
            draft.metadata["correctedKeys"] = String(records.count)
            draft.metadata["problem"] = problem.sentence
            try record(draft, in: transaction)
            isDone = true
            return records.count
        }
        guard let correction = decided.withLock({ $0 }), correction.problem != nil else {
            // A difference that the skew forgives does not count from here on.
            if let correction = decided.withLock({ $0 }), clock.problem == nil { clock.settle(by: correction) }
            return ClockAcceptance(time: clock.now(), problem: nil, correctedKeys: 0)
        }
        // Moments that went ahead are read before the clock goes, those that went back after it: no key leaves in between.
        if correction.step > 0 { try? reloadKeys() }
        clock.settle(by: correction)
        clockDebt.withLock { $0 = ClockDebt() }
        legacyUses.settle(at: correction.time)
        try reloadKeys()
        return ClockAcceptance(time: correction.time, problem: correction.problem, correctedKeys: corrected)
    }
}

extension Timestamp {
    /// - Parameter latest: for what has been: it is not ahead of now.
    func moved(by milliseconds: Int64, latest: Timestamp) -> Timestamp { min(adding(milliseconds: milliseconds), latest) }
}

extension SigningKeyRecord {
    /// The record with its moments on a clock that was set by so many milliseconds; `nil` when it is the same. What is history stays as it
    /// was written.
    fileprivate func moved(by step: Int64, _ timings: KeyTimings, at now: Timestamp) -> SigningKeyRecord? {
        var key = self
        key.publishedAt = publishedAt.moved(by: step, latest: now)
        key.activatedAt = activatedAt?.moved(by: step, latest: now)
        key.deactivatedAt = deactivatedAt?.moved(by: step, latest: now)
        key.leftAt = leftAt?.moved(by: step, latest: now)
        key.leavesAt = leavesAt?.adding(milliseconds: step)
        key.knownBy = knownBy?.adding(milliseconds: step)
        key.bundlesLackItUntil = bundlesLackItUntil.map { Self.bundleEnd($0, movedBy: step, timings, at: now) }
        key.heldByBundlesUntil = heldByBundlesUntil.map { Self.bundleEnd($0, movedBy: step, timings, at: now) }
        return key == self ? nil : key
    }

    /// A bundle says its end itself, and who reads it may have another clock: it lives as long as it would have, or, by a clock that went
    /// back, until the end that it says, though never longer than a bundle that is made now.
    private static func bundleEnd(_ end: Timestamp, movedBy step: Int64, _ timings: KeyTimings, at now: Timestamp) -> Timestamp {
        let moved = end.adding(milliseconds: step)
        return step >= 0 ? moved : min(end, max(moved, now.adding(seconds: timings.maxBundleLife)))
    }
}
