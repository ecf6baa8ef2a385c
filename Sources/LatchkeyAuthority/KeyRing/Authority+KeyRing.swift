import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Synchronization

extension Authority {
    /// Steps that one look takes at most: after a long absence several are due, but never many.
    private static let mostSteps = 64

    /// The key ring as it stands now.
    package var keys: KeyRingSnapshot {
        let current = snapshot.withLock { $0 }
        guard let until = current.validUntil, case let now = clock.now(), now >= until else { return current }
        // A key's grace is over: it is out of the JWKS at this moment, whenever the record is written.
        guard
            let later = try? KeyRingSnapshot(current, at: now, timings: settings.timings, showsLegacy: settings.showsLegacyJWK)
        else { return current }
        snapshot.withLock { if $0 === current { $0 = later } }
        return later
    }

    /// The key ring as it was committed last, also when whoever changed it has not got round to showing it yet: what was signed with an
    /// older one would be refused at its commit.
    func committedKeys() throws -> KeyRingSnapshot {
        let signer = try read { try $0.get(Tables.signer, SignerRow.current)?.text }
        if signer != keys.ring.signerKid { try reloadKeys() }
        return keys
    }

    /// Does what the schedule says is due. What fails is told by ``services`` and tried again at the next look; the key that signs goes on.
    package func tendKeys() async {
        // A clock that is wrong schedules nothing; without a seal no key can be made, and none signs anyway.
        guard clock.problem == nil, sealing.state == .open else { return }
        for _ in 0..<Self.mostSteps {
            let now = clock.now()
            // Not by the snapshot's moment: time has gone on.
            let ring = keys.ring
            let schedule = KeySchedule(ring.records, settings.timings, at: now, isHeld: ring.cutover?.phase.holdsKeys ?? false)
            guard let step = schedule.due(at: now).first else {
                ringProblem.withLock { $0 = nil }
                return
            }
            do {
                try await take(step)
            } catch {
                ringProblem.withLock { $0 = "the signing keys could not be brought up to date (\(step)): \(error)" }
                return
            }
        }
    }

    /// Whether something is due now: then ``tendKeys()`` is worth its while.
    func hasDueKeys() -> Bool {
        guard let next = keys.ring.schedule.next else { return false }
        return next.at <= clock.now()
    }

    private func take(_ step: KeySchedule.Step) async throws {
        let timings = settings.timings
        switch step {
        case .rotate:
            let born = try await newKey()
            try await changeRing { schedule, _, now, seal in
                guard schedule.due(at: now).contains(.rotate) else { return nil }
                try Self.requireUsableStandby(schedule, seal)
                return .rotation(schedule, born: try born.record(at: now, by: seal), timings: timings, at: now)
            }
        case .beget:
            let born = try await newKey()
            try await changeRing { schedule, _, now, seal in .birth(schedule, born: try born.record(at: now, by: seal)) }
        case .retire(let kid):
            try await changeRing { _, records, now, _ in
                guard let key = records.first(where: { $0.kid == kid && $0.state == .grace }), key.leaves(timings) <= now else {
                    return nil
                }
                return .retirement(key, at: now)
            }
        }
    }

    /// A standby that can't sign never takes over from a key that can.
    static func requireUsableStandby(_ schedule: KeySchedule, _ seal: Seal?) throws {
        guard let standby = schedule.standby, let seal else { throw SignerProblem.told }
        guard standby.isUsable(by: seal) else {
            throw AuthorityError(
                .signingUnavailable,
                "the standby \(standby.kid) can't take over: its sealed private half does not open in its place; revoke it, and another is born"
            )
        }
    }

    /// Changes the ring in one commit, on what it is then, and lets everybody see it.
    ///
    /// - Parameters:
    ///   - caller: the operator, when it is the operator's change.
    ///   - isEmergency: also a ring without a seal and a clock that can't be trusted are changed.
    ///   - change: gets the schedule, the records, the moment and the seal; `nil` when there is nothing to do any more.
    /// - Returns: the records after the change; `nil` when nothing was changed.
    @discardableResult
    func changeRing(
        by caller: Caller? = nil, isEmergency: Bool = false,
        _ change: @escaping @Sendable (KeySchedule, [SigningKeyRecord], Timestamp, Seal?) throws -> KeyChange?
    ) async throws -> KeySchedule? {
        seams.afterStep("ring: decided")
        let (after, debt) = try await write(.essential) { [self] transaction -> (KeySchedule?, ClockDebt) in
            if !isEmergency { try requireClock() }
            let now = clock.nowOnRecord()
            let debt = try putClockDebt(in: transaction)
            if let caller { try Self.requireLive(caller.principal, at: now, in: transaction) }
            let records = try Self.signingKeys(in: transaction)
            let cutover = try transaction.get(Tables.cutover, CutoverRecord.key)
            let isHeld = cutover?.phase.holdsKeys ?? false
            let seal = try currentSeal(in: transaction)
            guard
                let change = try change(KeySchedule(records, settings.timings, at: now, isHeld: isHeld), records, now, seal),
                !change.changed.isEmpty
            else { return (nil, debt) }
            try put(change, replacing: records, by: caller, at: now, in: transaction)
            if isEmergency, var cutover, cutover.publicSince != nil {
                cutover.publicSince = now
                try transaction.put(Tables.cutover, CutoverRecord.key, cutover)
            }
            try putSigner(in: transaction)
            return (KeySchedule(try Self.signingKeys(in: transaction), settings.timings, at: now, isHeld: isHeld), debt)
        }
        seams.afterStep("ring: committed")
        forget(debt)
        if after != nil || debt.step != nil { try reloadKeys() }
        return after
    }

    /// Writes a change's records and entries. Whoever signs now is another matter, see ``putSigner(in:)``.
    func put(
        _ change: KeyChange, replacing records: [SigningKeyRecord], by caller: Caller?, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws {
        let latest = records.compactMap(\.heldByBundlesUntil).max()
        let copies = try copiesUntil(now, in: transaction)
        for key in change.changed {
            var key = key
            // Copies and bundles that are out know nothing of a key that is born now.
            if key.publishedAt == now, key.leftAt == nil {
                key.knownBy = copies
                if let latest, latest > now { key.bundlesLackItUntil = latest }
            }
            try transaction.put(Tables.signingKeys, key.kid, key)
            if key.state == .revoked { try transaction.put(Tables.signer, SignerRow.revoked(key.kid), TextRow(key.kid)) }
        }
        try Self.forgetOldKeys(in: transaction)
        for (action, key, metadata) in change.entries {
            if action == .keyImported { try Self.requireImportable(key.kid, in: transaction) }
            var draft = caller.map { AuditDraft(action, by: $0) } ?? AuditDraft(action, actor: "system", organisation: firstOrganisation)
            draft.resource = "signing-key"
            draft.metadata = metadata.merging(["kid": key.kid, "state": key.state.rawValue]) { first, _ in first }
            try record(draft, in: transaction)
        }
    }

    /// A key that was revoked does not come back, and no key takes the name of the legacy key's.
    private static func requireImportable(_ kid: String, in transaction: borrowing WriteTransaction) throws {
        if try SignerRow.isRevoked(kid, in: transaction) {
            throw AuthorityError.invalid("pem", "this key was revoked here; import another one")
        }
        if let legacy = try transaction.get(Tables.cutover, CutoverRecord.key)?.kid, legacy.utf8.elementsEqual(kid.utf8) {
            throw AuthorityError.invalid("pem", "this key's id \(kid) is that of the legacy key; import another one")
        }
    }

    /// Until when a copy of the JWKS that was served before `now` may be used.
    func copiesUntil(_ now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> Timestamp {
        let mine = now.adding(seconds: settings.jwksMaxAge)
        return max(mine, try transaction.get(Tables.clock, ClockRow.copies)?.moment ?? mine)
    }

    /// Every signing key that is remembered.
    static func signingKeys(in transaction: borrowing some StoreReads & ~Copyable) throws -> [SigningKeyRecord] {
        var records: [SigningKeyRecord] = []
        try transaction.scan(Tables.signingKeys, limit: .max) { _, record in
            records.append(record)
            return true
        }
        return records
    }

    /// Keys out of the JWKS that are remembered at most; the audit log has them all, and which were revoked is never forgotten.
    private static let mostRemembered = 200

    private static func forgetOldKeys(in transaction: borrowing WriteTransaction) throws {
        let gone = try signingKeys(in: transaction).filter { $0.leftAt != nil }
        guard gone.count > mostRemembered else { return }
        for key in gone.sorted(by: { $0.leftAt! > $1.leftAt! }).dropFirst(mostRemembered) {
            try transaction.delete(Tables.signingKeys, key.kid)
        }
    }

    /// Writes who signs, as it follows from the records of this transaction.
    func putSigner(in transaction: borrowing WriteTransaction) throws {
        let cutover = try transaction.get(Tables.cutover, CutoverRecord.key)
        let ring = KeyRing(try Self.signingKeys(in: transaction), settings.timings, cutover: cutover, at: clock.now())
        guard let kid = ring.signerKid else {
            try transaction.delete(Tables.signer, SignerRow.current)
            return
        }
        try transaction.put(Tables.signer, SignerRow.current, TextRow(kid))
    }

    /// Reads the ring again after a change. One at a time, so that what is read last is what was committed last.
    func reloadKeys() throws {
        try reloading.withLock { _ in
            let (records, cutover) = try read { transaction in
                (try Self.signingKeys(in: transaction), try transaction.get(Tables.cutover, CutoverRecord.key))
            }
            let next = try KeyRingSnapshot(
                KeyRing(records, settings.timings, cutover: cutover, at: clock.now()), sealing, showsLegacy: settings.showsLegacyJWK)
            snapshot.withLock { $0 = next }
        }
    }

    /// A key that is made off the writer and off the event loops (some hundred milliseconds), and that is not in the ring yet.
    func newKey() async throws -> NewKey {
        guard sealing.state == .open else { throw SignerProblem.told }
        return try await aside { [self] in NewKey(key: try seams.makeKey(settings.signingKeyBits)) }
    }

    /// Notes that a trust bundle with the keys of this moment is out. Who committed it reads the ring again.
    ///
    /// - Parameter notAfter: until when it may be used.
    func noteBundle(notAfter: Timestamp, in transaction: borrowing WriteTransaction) throws {
        let records = try Self.signingKeys(in: transaction)
        let cutover = try transaction.get(Tables.cutover, CutoverRecord.key)
        for key in KeyRing(records, settings.timings, cutover: cutover, at: clock.nowOnRecord()).published {
            var key = key
            key.heldByBundlesUntil = max(key.heldByBundlesUntil ?? notAfter, notAfter)
            try transaction.put(Tables.signingKeys, key.kid, key)
        }
    }
}

/// A private key that waits for its record.
struct NewKey: Sendable {
    let key: RSAPrivateKey

    /// As a standby that enters the JWKS at `now`. Sealed in the commit that puts it there, so that it is never sealed under a key that
    /// has just been replaced.
    func record(at now: Timestamp, by seal: Seal?, origin: SigningKeyRecord.Origin = .generated) throws -> SigningKeyRecord {
        guard let seal else { throw SignerProblem.told }
        return try .making(key, state: .standby, origin: origin, seal: seal, now: now)
    }
}
