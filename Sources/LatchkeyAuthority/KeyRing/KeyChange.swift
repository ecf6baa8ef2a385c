import LatchkeyVerifier

/// A change of the ring as a function of its records: what they become. Nothing is read or written here.
struct KeyChange: Sendable {
    /// The records that are new or different.
    private(set) var changed: [SigningKeyRecord] = []
    /// What the audit log says of it.
    private(set) var entries: [(action: AuditRecord.Action, key: SigningKeyRecord, metadata: [String: String])] = []

    private mutating func set(_ key: SigningKeyRecord, _ action: AuditRecord.Action, _ metadata: [String: String] = [:]) {
        changed.append(key)
        entries.append((action, key, metadata))
    }

    /// The standby signs, the signer goes into grace, `born` is the next standby. `nil` without a standby.
    static func rotation(_ schedule: KeySchedule, born: SigningKeyRecord, timings: KeyTimings, at now: Timestamp) -> KeyChange? {
        guard let standby = schedule.standby else { return nil }
        var change = KeyChange()
        if var signer = schedule.signer {
            signer.state = .grace
            signer.deactivatedAt = now
            signer.longestToken = max(signer.longestToken ?? 0, timings.longestToken)
            signer.leavesAt = signer.leaves(timings)
            change.changed.append(signer)
        }
        var metadata = ["standby": born.kid]
        metadata["oldKid"] = schedule.signer?.kid
        change.set(standby.signing(timings, at: now), .keyRotated, metadata)
        change.set(born, .keyCreated)
        return change
    }

    /// A standby where there is none.
    static func birth(_ schedule: KeySchedule, born: SigningKeyRecord) -> KeyChange? {
        guard schedule.standby == nil else { return nil }
        var change = KeyChange()
        change.set(born, .keyCreated)
        return change
    }

    /// A key whose grace is over: out of the JWKS, its private half gone.
    static func retirement(_ key: SigningKeyRecord, at now: Timestamp) -> KeyChange {
        var change = KeyChange()
        change.set(key.ended(.retired, at: now), .keyRetired)
        return change
    }

    /// Keys that can't be trusted any more are out of the JWKS at once. When the signer is among them the standby signs, and when both are,
    /// a fresh key does; what is missing then is made up from `fresh`.
    ///
    /// - Parameter fresh: keys that were made for this, as standbys; two are enough in any case. Fewer leave the ring without what they would
    ///   have been, which is right only when none can be made.
    static func revocation(
        of kids: Set<String>, _ records: [SigningKeyRecord], _ schedule: KeySchedule, fresh: [SigningKeyRecord], reason: String,
        timings: KeyTimings, at now: Timestamp
    ) -> KeyChange {
        var change = KeyChange()
        var fresh = fresh[...]
        for key in records where kids.contains(key.kid) && key.state != .revoked {
            var ended = key.ended(.revoked, at: now)
            ended.revokeReason = reason
            change.set(ended, .keyRevoked, ["reason": reason])
        }
        var standby = schedule.standby.flatMap { kids.contains($0.kid) ? nil : $0 }
        if schedule.signer.map({ kids.contains($0.kid) }) ?? true, let heir = standby ?? fresh.popFirst() {
            standby = nil
            var metadata: [String: String] = [:]
            metadata["oldKid"] = schedule.signer?.kid
            change.set(heir.signing(timings, at: now), .keyRotated, metadata)
        }
        if standby == nil, let born = fresh.popFirst() { change.set(born, .keyCreated) }
        return change
    }

    /// Fresh keys that a revocation needs.
    static func needed(revoking kids: Set<String>, _ schedule: KeySchedule) -> Int {
        let signerGoes = schedule.signer.map { kids.contains($0.kid) } ?? true
        let standbyStays = schedule.standby.map { !kids.contains($0.kid) } ?? false
        switch (signerGoes, standbyStays) {
        case (true, true), (false, false): return 1
        case (true, false): return 2
        case (false, true): return 0
        }
    }

    /// A key from outside takes the standby's place. The one that is displaced has never signed.
    static func importing(_ key: SigningKeyRecord, _ schedule: KeySchedule, at now: Timestamp) -> KeyChange {
        var change = KeyChange()
        if let standby = schedule.standby { change.set(standby.ended(.retired, at: now), .keyRetired, ["displacedBy": key.kid]) }
        change.set(key, .keyImported)
        return change
    }
}

extension SigningKeyRecord {
    /// The key that signs from now on.
    fileprivate func signing(_ timings: KeyTimings, at now: Timestamp) -> SigningKeyRecord {
        var key = self
        key.state = .active
        key.activatedAt = now
        key.longestToken = timings.longestToken
        return key
    }

    /// Out of the JWKS for good, the private half destroyed. A key that had left before keeps its moments.
    fileprivate func ended(_ state: State, at now: Timestamp) -> SigningKeyRecord {
        var key = self
        key.state = state
        key.sealedPrivateKey = nil
        if activatedAt != nil { key.deactivatedAt = deactivatedAt ?? now }
        key.leftAt = leftAt ?? now
        return key
    }
}
