import LatchkeyStore
import LatchkeyVerifier

extension RestoreMerge {
    /// The life of a signing key never goes back: of the two states that it has, it gets the one further on. So a key that was retired or
    /// revoked since the backup stays so, and one that signs no more does not sign again.
    ///
    /// Keys that were born since the backup come along as they are where the restored store is sealed under the same master key: the signer of
    /// today is the one that verifiers know, and a ring that goes on where it was breaks nobody's copy of the JWKS. Nothing else of what they
    /// signed survives: every session ends. Under another master key their private halves can't be opened; then they are retired, and what the
    /// ring lacks is born at the next start.
    func mergeRing(
        _ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction, _ now: Timestamp, isSameSeal: Bool,
        _ deaths: ToldDeaths, _ report: inout RestoreReport
    ) throws {
        var learned: Set<String> = []
        try source.rows(Tables.signingKeys, in: old) { kid, former in
            learned.insert(kid)
            let own = try new.get(Tables.signingKeys, kid)
            var merged: SigningKeyRecord
            if let own {
                merged = own.state.rank > former.state.rank ? own : former
                merged.takeBounds(own, former)
                if merged.sealedPrivateKey != nil, !isSameSeal { merged.sealedPrivateKey = own.sealedPrivateKey }
                if merged.state != own.state { report.changedSigningKeys += 1 }
            } else {
                merged = former
                if former.leftAt == nil { report.newSigningKeys += 1 }
                if !isSameSeal, merged.leftAt == nil { merged.end(at: now) }
            }
            if merged.state != .grace, merged.leftAt == nil, merged.sealedPrivateKey == nil { merged.end(at: now) }
            try new.put(Tables.signingKeys, kid, merged)
        }
        try source.rows(Tables.signer, in: old) { name, row in
            if name == SignerRow.revoked(row.text) || name == SignerRow.rsaUsed {
                if try !new.contains(Tables.signer, name) { try new.put(Tables.signer, name, row) }
            } else if name == SignerRow.maxAge {
                // Copies that are out live by the longer of the two.
                let ages = [row.text, try new.get(Tables.signer, name)?.text ?? row.text].compactMap { Int64($0) }
                if let age = ages.max() { try new.put(Tables.signer, name, TextRow(String(age))) }
            }
        }
        let unknown = try judge(learned, deaths, new, now, &report)
        try settleRing(new, now)
        // As they come out of it.
        for key in try Authority.signingKeys(in: new) where unknown.contains(key.kid) && key.leftAt == nil {
            report.unknownSigningKeys.add(RestoreReport.SigningKey(key))
        }
    }

    /// A key is dead when anything of the replaced store says so: its record, the mark of its revocation, or the log. Where its record is not there
    /// or can't be read and nothing else says so, it is not known.
    ///
    /// - Returns: `kid`s of which nothing is known.
    private func judge(
        _ learned: Set<String>, _ deaths: ToldDeaths, _ new: borrowing WriteTransaction, _ now: Timestamp, _ report: inout RestoreReport
    ) throws -> Set<String> {
        var unknown: Set<String> = []
        for key in try Authority.signingKeys(in: new) where key.state != .revoked {
            let isRevoked = try SignerRow.isRevoked(key.kid, in: new) || deaths.revokedSigningKeys.contains(key.kid)
            let isLearned = learned.contains(key.kid)
            guard isRevoked || !isLearned, isRevoked || key.leftAt == nil else { continue }
            guard isRevoked || deaths.retiredSigningKeys.contains(key.kid) else {
                unknown.insert(key.kid)
                continue
            }
            var dead = key
            dead.end(at: now)
            if isRevoked {
                dead.state = .revoked
                try new.put(Tables.signer, SignerRow.revoked(key.kid), TextRow(key.kid))
            }
            try new.put(Tables.signingKeys, key.kid, dead)
            report.changedSigningKeys += 1
        }
        return unknown
    }

    /// A replaced store that had gone its own way may have brought a second signer or standby.
    private func settleRing(_ new: borrowing WriteTransaction, _ now: Timestamp) throws {
        let keys = try Authority.signingKeys(in: new)
        let signers = keys.filter { $0.state == .active }.sorted { ($0.activatedAt ?? $0.createdAt) > ($1.activatedAt ?? $1.createdAt) }
        for key in signers.dropFirst() {
            var former = key
            former.state = .grace
            former.deactivatedAt = now
            try new.put(Tables.signingKeys, key.kid, former)
        }
        let standbys = keys.filter { $0.state == .standby }.sorted { $0.publishedAt > $1.publishedAt }
        for key in standbys.dropFirst() {
            var former = key
            former.end(at: now)
            try new.put(Tables.signingKeys, key.kid, former)
        }
        // The signer is dead, and its heir's record could not be read: the standby is known to verifiers.
        if signers.isEmpty, var heir = standbys.first {
            heir.state = .active
            heir.activatedAt = now
            try new.put(Tables.signingKeys, heir.kid, heir)
        }
    }
}

extension SigningKeyRecord.State {
    /// Further on the way of a key's life.
    fileprivate var rank: Int {
        switch self {
        case .standby: 0
        case .active: 1
        case .grace: 2
        case .retired: 3
        case .revoked: 4
        }
    }
}

extension SigningKeyRecord {
    /// Out of the JWKS for good, without its private half.
    fileprivate mutating func end(at now: Timestamp) {
        state = .retired
        sealedPrivateKey = nil
        if activatedAt != nil { deactivatedAt = deactivatedAt ?? now }
        leftAt = leftAt ?? now
    }

    /// What binds a key to those who know it is the longer of what either record says.
    fileprivate mutating func takeBounds(_ one: SigningKeyRecord, _ other: SigningKeyRecord) {
        knownBy = [one.knownBy, other.knownBy].compactMap(\.self).max()
        bundlesLackItUntil = [one.bundlesLackItUntil, other.bundlesLackItUntil].compactMap(\.self).max()
        heldByBundlesUntil = [one.heldByBundlesUntil, other.heldByBundlesUntil].compactMap(\.self).max()
        longestToken = [one.longestToken, other.longestToken].compactMap(\.self).max()
    }
}
