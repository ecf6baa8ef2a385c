package import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Synchronization

extension Authority {
    private static let longestPEM = 16 * 1024
    private static let attempts = 4
    private static let noSuchSigningKey = AuthorityError(
        .signingKeyNotFound, "there is no signing key with this id; latchkey signing-keys list shows them")

    package func keyRingReport() -> KeyRingReport {
        let ring = keys.ring
        let now = clock.now()
        let schedule = KeySchedule(ring.records, settings.timings, at: now, isHeld: ring.cutover?.phase.holdsKeys ?? false)
        return KeyRingReport(
            now: now, keys: ring.inOrder, schedule: schedule, timings: settings.timings, problem: keyRingProblem,
            waitsFor: waiting(schedule, at: now))
    }

    /// Why the ring is not as it should be: a sentence for the operator.
    var keyRingProblem: String? { ringProblem.withLock { $0 } }

    private func waiting(_ schedule: KeySchedule, at now: Timestamp) -> KeyRingReport.Waiting? {
        if clock.problem != nil { return .init(reason: "clock", until: nil) }
        if sealing.state != .open { return .init(reason: "seal", until: nil) }
        switch schedule.waitsFor {
        case .standby(let until): return .init(reason: "standby_too_young", until: until)
        case .bundles(let until): return .init(reason: "bundles", until: until)
        case .cutover: return .init(reason: "cutover", until: nil)
        case nil: return nil
        }
    }

    /// Makes the standby the signer and lets the next one be born, by hand.
    ///
    /// - Parameter isForced: also when the standby has not been seen by everybody who plays by the rules; the answer names them.
    /// - Throws: `cutover_in_progress`, `standby_too_young`, `signing_unavailable`, `clock_unreliable`, `storage_unavailable`.
    package func rotateKeys(now isForced: Bool, by caller: Caller) async throws -> KeyRotation {
        try caller.requireOwn()
        let timings = settings.timings
        let check = { @Sendable [self] (schedule: KeySchedule, now: Timestamp) throws in
            try Self.requireNoCutover(schedule)
            guard let standby = schedule.standby, schedule.signer != nil else { throw SignerProblem.told }
            guard schedule.published.count < KeyTimings.mostPublished else {
                throw AuthorityError(
                    .standbyTooYoung,
                    "the JWKS holds \(schedule.published.count) keys, the most that it may: wait until one in grace leaves it",
                    details: [("readyAt", .text((schedule.publishedUntil ?? now).description))])
            }
            let holders = self.strangers(to: standby, at: now)
            if let ready = schedule.standbyReadyAt, now < ready, !isForced { throw Self.tooYoung(standby, ready, holders) }
        }
        try check(keys.ring.schedule, clock.now())
        try requireClock()
        let born = try await newKey()
        let old = Mutex<SigningKeyRecord?>(nil)
        let after = try await changeRing(by: caller) { schedule, _, now, seal in
            try check(schedule, now)
            try Self.requireUsableStandby(schedule, seal)
            old.withLock { $0 = schedule.signer }
            return .rotation(schedule, born: try born.record(at: now, by: seal), timings: timings, at: now)
        }
        guard let after, let signer = after.signer, let standby = after.standby, let was = old.withLock({ $0 }),
            let left = after.published.first(where: { $0.kid == was.kid }), let at = signer.activatedAt
        else { throw SignerProblem.told }
        return KeyRotation(
            newKeyId: signer.kid, oldKeyId: was.kid, standbyKeyId: standby.kid, rotatedAt: at, oldKeyExpiresAt: left.leaves(timings),
            notYetAcceptedBy: strangers(to: signer, at: at))
    }

    private static func requireNoCutover(_ schedule: KeySchedule) throws(AuthorityError) {
        guard schedule.isHeld else { return }
        throw AuthorityError(
            .cutoverInProgress,
            "a cutover is in progress: keys are neither rotated nor imported until it has reached sunset; latchkey cutover status shows it")
    }

    private static func tooYoung(_ standby: SigningKeyRecord, _ ready: Timestamp, _ holders: [KeyHolder]) -> AuthorityError {
        let cost =
            holders.isEmpty
            ? "everybody who plays by the rules has seen it, but shortest-standby has not gone by"
            : "if it signs now, its tokens fail at " + holders.map { "\($0.who), until \($0.until)" }.joined(separator: "; and at ")
        return AuthorityError(
            .standbyTooYoung, "the standby \(standby.kid) is ready at \(ready): \(cost); wait, or rotate with --now",
            details: [("readyAt", .text(ready.description))])
    }

    /// Who, playing by the rules, may not know a key yet.
    private func strangers(to key: SigningKeyRecord, at now: Timestamp) -> [KeyHolder] {
        var holders: [KeyHolder] = []
        let fetched = key.isKnown(settings.timings)
        if fetched > now {
            holders.append(KeyHolder(who: "verifiers whose copy of the JWKS is older than \(key.publishedAt)", until: fetched))
        }
        if let bundles = key.bundlesLackItUntil, bundles > now {
            holders.append(KeyHolder(who: "verifiers that hold a trust bundle made before \(key.publishedAt)", until: bundles))
        }
        return holders
    }

    /// Takes a key out of the JWKS at once, in an emergency. When it was the signer the standby signs from this commit on.
    ///
    /// - Throws: `invalid_request` (reason), `signing_key_not_found`, `storage_unavailable`.
    package func revokeKey(_ kid: String, reason: String, by caller: Caller) async throws -> KeyRevocation {
        let reason = try DisplayText.normalised(reason, field: "reason", scalars: 1...500)
        try caller.requireOwn()
        guard keys.ring.records.contains(where: { $0.kid.utf8.elementsEqual(kid.utf8) }) else { throw Self.noSuchSigningKey }
        return try await revoke(reason, by: caller) { _, records in
            guard let key = records.first(where: { $0.kid.utf8.elementsEqual(kid.utf8) }) else { throw Self.noSuchSigningKey }
            return key.state == .revoked ? [] : [key.kid]
        }
    }

    /// Takes every key out of the JWKS at once, for a store that was stolen; two fresh ones take their places.
    ///
    /// - Throws: `invalid_request` (reason), `storage_unavailable`.
    package func revokeAllKeys(reason: String, by caller: Caller) async throws -> KeyRevocation {
        let reason = try DisplayText.normalised(reason, field: "reason", scalars: 1...500)
        try caller.requireOwn()
        return try await revoke(reason, by: caller) { _, records in Set(records.filter { $0.leftAt == nil }.map(\.kid)) }
    }

    private func revoke(
        _ reason: String, by caller: Caller,
        _ choose: @escaping @Sendable (KeySchedule, [SigningKeyRecord]) throws -> Set<String>
    ) async throws -> KeyRevocation {
        let timings = settings.timings
        // A standby whose private half does not open can't take over: it goes with the signer.
        let choose = { @Sendable (schedule: KeySchedule, records: [SigningKeyRecord], seal: Seal?) throws -> Set<String> in
            var kids = try choose(schedule, records)
            if let seal, let standby = schedule.standby, let signer = schedule.signer, kids.contains(signer.kid),
                !standby.isUsable(by: seal)
            {
                kids.insert(standby.kid)
            }
            return kids
        }
        for _ in 0..<Self.attempts {
            let ring = keys.ring
            let seal = sealing.seal
            let (fresh, failure) = await freshKeys(KeyChange.needed(revoking: try choose(ring.schedule, ring.records, seal), ring.schedule))
            let done = Mutex<(revoked: [SigningKeyRecord], at: Timestamp)?>(nil)
            let after = try await changeRing(by: caller, isEmergency: true) { schedule, records, now, seal in
                let kids = try choose(schedule, records, seal)
                done.withLock { $0 = nil }
                // Decided on another ring than the one that the fresh keys were made for: once more, unless none can be made.
                if !kids.isEmpty, seal != nil, failure == nil, fresh.count < KeyChange.needed(revoking: kids, schedule) { return nil }
                done.withLock { $0 = (records.filter { kids.contains($0.kid) }, now) }
                return kids.isEmpty
                    ? nil
                    : .revocation(
                        of: kids, records, schedule, fresh: try seal == nil ? [] : fresh.map { try $0.record(at: now, by: seal) },
                        reason: reason, timings: timings, at: now)
            }
            if let (revoked, at) = done.withLock({ $0 }) {
                if let failure { ringProblem.withLock { $0 = "no signing key could be made in an emergency: \(failure)" } }
                return try revocation(revoked, after ?? keys.ring.schedule, at: at)
            }
        }
        throw AuthorityError(.storageUnavailable, "the signing keys are being changed again and again; try again")
    }

    /// Keys for an emergency. One that can't be made does not hold it up: what is missing is born by the schedule.
    private func freshKeys(_ count: Int) async -> (keys: [NewKey], failure: (any Error)?) {
        guard sealing.state == .open else { return ([], nil) }
        var fresh: [NewKey] = []
        do {
            for _ in 0..<count { fresh.append(try await newKey()) }
        } catch {
            return (fresh, error)
        }
        return (fresh, nil)
    }

    private func revocation(_ revoked: [SigningKeyRecord], _ after: KeySchedule, at now: Timestamp) throws -> KeyRevocation {
        let kids = Set(revoked.map(\.kid))
        let (count, latest) = try outstandingTokens(of: kids, at: now)
        var holders: [KeyHolder] = []
        // A key that had left lately is in copies from before.
        let copies = try revoked.map { key in try read { try copiesUntil(key.leftAt ?? now, in: $0) } }.max()
        if let copies, copies > now {
            holders.append(KeyHolder(who: "verifiers with a copy of the JWKS from before \(now)", until: copies))
        }
        if let bundles = revoked.compactMap(\.heldByBundlesUntil).max(), bundles > now {
            let last = try read { try newestBundle(madeBy: now, in: $0) }
            holders.append(
                last.map { .holdingBundles(upTo: $0, until: bundles) }
                    ?? KeyHolder(who: "verifiers that hold a trust bundle from before \(now)", until: bundles))
        }
        return KeyRevocation(
            revokedKeyIds: revoked.map(\.kid), revokedAt: now,
            signerKeyId: (keys.ring.cutover?.phase.signsLegacy ?? false) ? nil : after.signer?.kid, standbyKeyId: after.standby?.kid,
            stillAcceptedBy: holders, outstandingTokens: count, latestTokenExpiry: latest,
            notYetAcceptedBy: revoked.contains { $0.state == .active } ? after.signer.map { strangers(to: $0, at: now) } ?? [] : [])
    }

    /// Unexpired tokens that keys have signed here, and the latest end of one. Looked through in short transactions.
    private func outstandingTokens(of kids: Set<String>, at now: Timestamp) throws -> (count: Int, latest: Timestamp?) {
        guard !kids.isEmpty else { return (0, nil) }
        var (count, latest, last) = (0, Timestamp?.none, [UInt8]?.none)
        while true {
            var seen = 0
            try read { transaction in
                try transaction.scan(Tables.tokens, after: last, limit: 1000) { id, row in
                    seen += 1
                    last = id.storeBytes
                    if kids.contains(row.keyId), row.revokedAt == nil, now < row.expiresAt {
                        count += 1
                        latest = max(latest ?? row.expiresAt, row.expiresAt)
                    }
                    return true
                }
            }
            guard seen == 1000 else { return (count, latest) }
        }
    }

    /// Puts a key from outside into the standby's place; its standby time starts now.
    ///
    /// - Parameter pem: one RSA private key, PKCS#8 or PKCS#1, without a passphrase.
    /// - Throws: `invalid_request` (pem), `cutover_in_progress`, `signing_unavailable`, `clock_unreliable`, `storage_unavailable`.
    package func importKey(pem: Secret, by caller: Caller) async throws -> KeyImport {
        try caller.requireOwn()
        guard (1...Self.longestPEM).contains(pem.count) else {
            throw AuthorityError.invalid("pem", "pem has 1 to \(Self.longestPEM) bytes")
        }
        let key: RSAPrivateKey
        do {
            key = try RSAPrivateKey(pem: pem)
        } catch {
            throw AuthorityError.invalid("pem", "this is not a signing key: \(error.message)")
        }
        guard [2048, 3072, 4096].contains(key.bits) else {
            throw AuthorityError.invalid("pem", "an RSA key of 2048, 3072 or 4096 bits is needed; this one has \(key.bits)")
        }
        try Self.requireNoCutover(keys.ring.schedule)
        try requireClock()
        guard sealing.state == .open else { throw SignerProblem.told }
        let new = NewKey(key: key)
        let kid = key.publicKey.thumbprint
        let displaced = Mutex<String?>(nil)
        let after = try await changeRing(by: caller) { schedule, records, now, seal in
            try Self.requireNoCutover(schedule)
            guard !records.contains(where: { $0.kid == kid }) else {
                throw AuthorityError.invalid("pem", "this key is, or was, in the key ring already; import another one")
            }
            displaced.withLock { $0 = schedule.standby?.kid }
            return .importing(try new.record(at: now, by: seal, origin: .imported), schedule, at: now)
        }
        guard let ready = after?.standbyReadyAt else { throw SignerProblem.told }
        return KeyImport(keyId: kid, displacedKeyId: displaced.withLock { $0 }, readyAt: ready)
    }
}
