import LatchkeyStore
import LatchkeyVerifier
import Synchronization

extension Authority {
    /// Rows that one write of upkeep touches at most, so that it never holds a request up.
    private static let batch = 256
    /// Rounds of upkeep between two looks at entries of the audit log that are too old: about a minute.
    private static let retentionPeriod = 60

    /// Rounds of upkeep between two tries to bring the key ring up to date: about a minute.
    private static let ringPeriod = 60

    /// Does what is due: writes last uses and folded denials, and removes what has expired. Called every second or so; each step is small.
    ///
    /// - Returns: whether there is more to remove right now.
    @discardableResult
    package func upkeep() async -> Bool {
        let tick = ticks.add(1, ordering: .relaxed).newValue
        await flush(all: false)
        await tendClock(tick: tick)
        // What is due now, now; what failed is tried again once a minute, and is forgotten when nothing is due any more.
        if keyRingProblem == nil ? hasDueKeys() : tick % Self.ringPeriod == 1 { await tendKeys() }
        await tendCheckpoint()
        // By a clock that can't be trusted nothing is old.
        guard clock.problem == nil else { return false }
        // The next look at old entries comes at once while there are many; the count of rounds goes on, others live by it.
        let isTime = tick % Self.retentionPeriod == 1 || hasOldEntries.load(ordering: .relaxed)
        let hasOld = isTime && isRetentionCertain() ? await removeOldAuditEntries() : false
        hasOldEntries.store(hasOld, ordering: .relaxed)
        return await removeExpired() == Self.batch || hasOld
    }

    /// Writes what is only in memory.
    func flush(all: Bool) async {
        let now = clock.now()
        await flush(uses, to: Tables.apiKeyUses, of: Tables.apiKeys, all: all)
        await flush(identityUses, to: Tables.identityUses, of: Tables.identities, all: all)
        await flushLegacyUses()
        let summaries = denials.take(at: now, all: all)
        for start in stride(from: 0, to: summaries.count, by: Self.batch) {
            let some = summaries[start..<min(start + Self.batch, summaries.count)]
            do {
                try await write(.essential) { [clock] transaction in
                    let now = clock.now()
                    // Not told to watchers: they heard of each when it happened.
                    for summary in some { try Self.append(Self.draft(of: summary), at: now, in: transaction) }
                }
            } catch {
                denials.giveBack(Array(some))
            }
        }
    }

    private func flush<Row>(
        _ log: UseLog, to moments: Table<OwnedKey, MomentRow>, of owners: Table<OwnedKey, Row>, all: Bool
    ) async {
        while true {
            let uses = log.take(limit: Self.batch)
            if !uses.isEmpty {
                // A last use that can't be written is lost; the next one comes.
                try? await write { transaction in
                    for (key, at) in uses where try transaction.contains(owners, key) {
                        try transaction.put(moments, key, MomentRow(at))
                    }
                }
            }
            guard all, uses.count == Self.batch else { return }
        }
    }

    private static func draft(of summary: DenialLog.Summary) -> AuditDraft {
        let subject = summary.subject
        var draft = AuditDraft(subject.action, actor: subject.subject ?? "anonymous", organisation: subject.organisation ?? "")
        draft.result = .denied
        draft.identityId = subject.identityId
        draft.plane = subject.plane
        draft.resource = subject.resource
        draft.origin = RequestOrigin(address: subject.source)
        draft.metadata = [
            "reason": subject.reason, "count": String(summary.count), "first": summary.first.description, "last": summary.last.description,
        ]
        return draft
    }

    /// - Returns: how many rows were removed.
    private func removeExpired() async -> Int {
        let now = clock.now()
        let isDue =
            (try? read { transaction in
                var isDue = false
                try transaction.scanKeys(Tables.expiries, limit: 1) { key in
                    isDue = Expiry(storeKey: key).map { $0.at <= now } ?? true
                    return false
                }
                return isDue
            }) ?? false
        guard isDue else { return 0 }
        let done = try? await write(.essential) { transaction in
            var (due, ending) = ([[UInt8]](), [APIKeyRecord]())
            try transaction.scanKeys(Tables.expiries, limit: Self.batch) { key in
                guard Expiry(storeKey: key).map({ $0.at <= now }) ?? true else { return false }
                due.append(key)
                return true
            }
            for key in due {
                try transaction.delete(Tables.expiries, key)
                guard let expiry = Expiry(storeKey: key) else { continue }
                if expiry.kind == .apiKeyNotice, let key = OwnedKey(storeBytes: expiry.key),
                    let record = try transaction.get(Tables.apiKeys, key), record.isLive(at: now)
                {
                    ending.append(record)
                }
                try Self.remove(expiry, at: now, in: transaction)
            }
            try Self.noteSwept(due.compactMap { Expiry(storeKey: $0) }, in: transaction)
            return (due.count, ending)
        }
        for key in done?.1 ?? [] { publish(endingEvent(key), at: now) }
        return done?.0 ?? 0
    }

    /// Remembers up to when tokens, sessions and revocations have been removed: a clock that is set back can't bring them back.
    private static func noteSwept(_ removed: [Expiry], in transaction: borrowing WriteTransaction) throws {
        let ends = removed.filter { [Expiry.Kind.token, .session, .revocation].contains($0.kind) }.map(\.at)
        guard let last = ends.max(), try transaction.get(Tables.clock, ClockRow.swept).map({ $0.moment < last }) ?? true else { return }
        try transaction.put(Tables.clock, ClockRow.swept, MomentRow(last))
    }

    private func endingEvent(_ key: APIKeyRecord) -> EventDraft {
        var draft = EventDraft(.apiKeyExpiring, .allowed, actor: "system", organisation: key.orgId)
        draft.name = key.name
        draft.resource = "api-key"
        draft.message = "the API key ends at \(key.expiresAt?.description ?? "")"
        draft.metadata = ["apiKeyId": key.id, "prefix": key.prefix]
        return draft
    }

    private static func remove(_ expiry: Expiry, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        switch expiry.kind {
        case .token:
            let id = String(decoding: expiry.key, as: UTF8.self)
            guard let row = try transaction.get(Tables.tokens, id) else { return }
            try transaction.delete(Tables.tokensByIdentity, OwnedKey(row.identityId, id))
            try transaction.delete(Tables.tokens, id)
        case .session:
            let id = String(decoding: expiry.key, as: UTF8.self)
            try transaction.delete(Tables.sessions, id)
            try transaction.delete(Tables.sessionLiveness, id)
            try letGo(id, at: now, in: transaction)
        case .refreshToken:
            try transaction.delete(Tables.refreshTokens, expiry.key)
        case .refreshAnswer:
            try transaction.delete(Tables.refreshAnswers, expiry.key)
        case .mintBucket:
            try transaction.delete(Tables.mintBuckets, expiry.key)
        case .legacySpent:
            if try LegacyMark.isNeeded(expiry.key, in: transaction) {
                try Expiry(at: now.adding(seconds: 86_400), .legacySpent, expiry.key).note(in: transaction)
            } else {
                try transaction.delete(Tables.legacySpent, expiry.key)
            }
        case .apiKeyEnd:
            guard let key = OwnedKey(storeBytes: expiry.key) else { return }
            try transaction.delete(Tables.organisationTokens, key)
            try transaction.delete(Tables.apiKeysByEnd, APIKeyEnd.place(expiry.at, key))
        case .apiKeyNotice: break
        case .revocation:
            guard let number = UInt64(storeBytes: expiry.key) else { return }
            try transaction.delete(Tables.revocations, number)
        case .maker: try letGo(String(decoding: expiry.key, as: UTF8.self), at: now, in: transaction)
        }
    }
}
