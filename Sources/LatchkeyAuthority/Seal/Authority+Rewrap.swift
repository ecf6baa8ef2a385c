import LatchkeyCrypto
import LatchkeyStore
package import LatchkeyVerifier
import Synchronization

/// What came of a new master key.
package struct SealRewrap: Sendable {
    package let rewrappedAt: Timestamp
    /// Sealed records that were opened with the new key, read back from the store.
    package let records: Int
    /// Where the new master key is, or has to be at the next start.
    package let masterKey: String
    /// The old one, to be destroyed now.
    package let oldMasterKey: String?
    /// Whether a cutover is over with this, because its secret was lost with the old master key.
    package let endsCutover: Bool
}

extension Authority {
    /// Seals every private key anew under a new master key, in one commit.
    ///
    /// The new key is on disk before the commit and in its place after it; a start in between finds and puts it there. The old one is told to
    /// be destroyed only after the new one, as it lies on disk, has opened every record, as it lies in the store.
    ///
    /// - Parameters:
    ///   - keyFile: the new master key, where somebody else than this program provides it; needed then and refused otherwise.
    ///   - reason: why the old master key is given up: it is lost. Then everything that was sealed under it is, too: all signing keys are
    ///     revoked, two new ones and a new trust anchor are made.
    /// - Throws: `invalid_request` (keyFile, giveUp), `signing_unavailable`, `storage_unavailable`.
    package func rewrapSeal(keyFile: String?, givingUp reason: String?, by caller: Caller) async throws -> SealRewrap {
        let reason = try reason.map { try DisplayText.normalised($0, field: "giveUp", scalars: 1...500) }
        try caller.requireOwn()
        switch (sealing.state, reason) {
        case (.open, nil), (.closed, .some): break
        case (.open, .some):
            throw AuthorityError.invalid("giveUp", "the master key is there and opens everything: nothing needs to be given up")
        case (.closed(let why), nil):
            throw AuthorityError(
                .signingUnavailable, "nothing can be sealed anew without the old master key: \(why); if it is lost for ever, give it up")
        }
        guard rewrapping.exchange(true, ordering: .acquiringAndReleasing) == false else {
            throw AuthorityError(.signingUnavailable, "another master key is being put in place right now")
        }
        defer { rewrapping.store(false, ordering: .releasing) }
        let key = try newMasterKey(keyFile)
        seams.afterStep("rewrap: key made")
        let seal = try Seal(masterKey: key.secret, installId: install.id)
        let (at, endsCutover) = try await commitRewrap(seal, givingUp: reason, by: caller)
        seams.afterStep("rewrap: committed")
        sealing = Sealing(seal: seal, state: .open)
        try reloadKeys()
        let records = try provenRecords(key.source)
        seams.afterStep("rewrap: proven")
        let old = try put(key, inPlaceOf: reason == nil ? masterKey : nil)
        seams.afterStep("rewrap: in place")
        return SealRewrap(rewrappedAt: at, records: records, masterKey: masterKey.path, oldMasterKey: old, endsCutover: endsCutover)
    }

    /// Moves a master key that this program made to where the next start looks.
    ///
    /// - Parameter predecessor: what it succeeds; none when that was lost.
    /// - Returns: where the old one lies now.
    private func put(_ key: (secret: Secret, source: MasterKey.Source), inPlaceOf predecessor: MasterKey.Source?) throws -> String? {
        guard case .file(let path) = masterKey, key.source.path == MasterKey.successor(of: path) else { return nil }
        do {
            try MasterKey.succeed(at: path)
        } catch {
            let sentence = Self.misplaced(path, error)
            sealing.misplaced = sentence
            throw AuthorityError(.storageUnavailable, "everything is sealed under the new master key, but \(sentence)")
        }
        return predecessor == nil ? nil : MasterKey.predecessor(of: path)
    }

    /// Opens every record of the store with the master key as it lies on disk.
    private func provenRecords(_ source: MasterKey.Source) throws -> Int {
        do {
            return try proveSeal(MasterKey.read(source))
        } catch {
            throw AuthorityError(
                .signingUnavailable,
                "everything is sealed under the new master key in \(source.path), but it did not open all of it when that was tried; keep the "
                    + "old one and the new one, and look at the log")
        }
    }

    private func newMasterKey(_ keyFile: String?) throws -> (secret: Secret, source: MasterKey.Source) {
        do {
            switch (masterKey, keyFile) {
            case (.file(let path), nil):
                try requireInPlace(path)
                return (try MasterKey.createSuccessor(of: path), .file(MasterKey.successor(of: path)))
            case (.provided(let path), nil):
                throw AuthorityError.invalid(
                    "keyFile",
                    "the master key is provided as \(path): make the new one yourself, with openssl rand -base64 32, and name its file")
            case (_, .some(let file)):
                return (try requireNew(MasterKey.read(.file(file))), .file(file))
            }
        } catch MasterKey.Problem.missing {
            throw AuthorityError.invalid("keyFile", "there is no such file")
        } catch MasterKey.Problem.unusable(let why) {
            guard keyFile == nil else { throw AuthorityError.invalid("keyFile", "the new master key \(why)") }
            throw AuthorityError(
                .storageUnavailable,
                "the new master key \(why); nothing was changed. If this program may not write there, make the new key yourself, with openssl "
                    + "rand -base64 32, and name its file")
        }
    }

    /// While the key that everything is sealed under waits beside its place, no other may be put there: it would be the end of the only copy.
    private func requireInPlace(_ path: String) throws {
        let current = try read { try $0.get(Tables.install, InstallRecord.key) } ?? install
        if let key = try? MasterKey.read(.file(path)), Self.seal(of: current, key) != nil { return }
        guard let key = try? MasterKey.read(.file(MasterKey.successor(of: path))), Self.seal(of: current, key) != nil else {
            // Neither is the one that is in use: it was read at the start, and is gone since. What lies there is nobody's.
            return
        }
        do {
            try MasterKey.succeed(at: path)
            sealing.misplaced = nil
        } catch {
            throw AuthorityError(.storageUnavailable, Self.misplaced(path, error) + "; nothing was changed")
        }
    }

    private func requireNew(_ key: Secret) throws -> Secret {
        guard try Seal(masterKey: key, installId: install.id).check != sealing.seal?.check else {
            throw AuthorityError.invalid("keyFile", "this is the master key that is in use; make a new one with openssl rand -base64 32")
        }
        return key
    }

    private func commitRewrap(_ new: Seal, givingUp reason: String?, by caller: Caller) async throws -> (at: Timestamp, endsCutover: Bool) {
        let old = sealing.seal
        let fresh = reason == nil ? [] : try [seams.makeKey(settings.signingKeyBits), seams.makeKey(settings.signingKeyBits)]
        let anchor = reason == nil ? nil : (id: try ids.make(.anchor), key: try Ed25519PrivateKey.generate())
        let timings = settings.timings
        return try await write(.essential) { [self] transaction in
            let now = clock.now()
            try Self.requireLive(caller.principal, at: now, in: transaction)
            guard var install = try transaction.get(Tables.install, InstallRecord.key), old == nil || install.sealCheck == old?.check else {
                throw SignerProblem.told
            }
            install.sealCheck = new.check
            var endsCutover = false
            if let old {
                try Self.reseal(from: old, to: new, in: transaction)
            } else if let reason, let anchor {
                // Lost with the old master key; what is left of them is their public halves.
                let records = try Self.signingKeys(in: transaction)
                let schedule = KeySchedule(records, timings, at: now)
                let born = try fresh.map { try NewKey(key: $0).record(at: now, by: new) }
                let lost = Set(records.filter { $0.leftAt == nil }.map(\.kid))
                let change = KeyChange.revocation(of: lost, records, schedule, fresh: born, reason: reason, timings: timings, at: now)
                try put(change, replacing: records, by: caller, at: now, in: transaction)
                // The lost one can't sign that another follows it: a line of anchors begins anew here, and its numbers go on.
                let line = try AnchorLine(in: transaction)
                for lost in line.records { try transaction.put(Tables.anchors, lost.id, lost.ended(at: now)) }
                let number = try line.nextNumber(in: transaction)
                try transaction.put(
                    Tables.anchors, anchor.id,
                    .making(anchor.key, id: anchor.id, number: number, succession: nil, seal: new, at: now))
                install.anchor = anchor.id
                endsCutover = try endCutover(because: reason, by: caller, at: now, in: transaction)
                try putSigner(in: transaction)
            }
            try transaction.put(Tables.install, InstallRecord.key, install)
            var draft = AuditDraft(.sealRewrapped, by: caller)
            draft.resource = "seal"
            draft.metadata["gaveUp"] = reason
            try record(draft, in: transaction)
            return (now, endsCutover)
        }
    }

    /// A cutover whose secret is lost is over: nothing can be signed or verified with it any more.
    private func endCutover(
        because reason: String, by caller: Caller, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws -> Bool {
        guard var cutover = try transaction.get(Tables.cutover, CutoverRecord.key), cutover.phase != .purged else { return false }
        let phase = cutover.phase
        cutover.sealedSecret = nil
        cutover.phase = .purged
        cutover.phaseSince = now
        try transaction.put(Tables.cutover, CutoverRecord.key, cutover)
        var draft = AuditDraft(.cutoverPurged, by: caller)
        draft.resource = "cutover"
        draft.metadata = ["from": phase.rawValue, "to": cutover.phase.rawValue, "reason": reason]
        try record(draft, in: transaction)
        return true
    }

    /// Opens every sealed record and seals it for its place under another key.
    private static func reseal(from old: Seal, to new: Seal, in transaction: borrowing WriteTransaction) throws {
        func again(_ sealed: String, _ type: StaticString, _ id: String, _ version: Int) throws -> String {
            guard let secret = try? old.open(sealed, type: type, id: id, version: version) else {
                throw AuthorityError(
                    .signingUnavailable, "the sealed \(type) \(id) does not open in its place: it was changed or moved; nothing was changed"
                )
            }
            return try new.seal(secret, type: type, id: id, version: version)
        }
        for var key in try signingKeys(in: transaction) {
            guard let sealed = key.sealedPrivateKey else { continue }
            key.sealedPrivateKey = try again(sealed, "signing-key", key.kid, SigningKeyRecord.version)
            try transaction.put(Tables.signingKeys, key.kid, key)
        }
        for var anchor in try anchors(in: transaction) {
            guard let sealed = anchor.sealedSeed else { continue }
            anchor.sealedSeed = try again(sealed, "anchor", anchor.id, AnchorRecord.version)
            try transaction.put(Tables.anchors, anchor.id, anchor)
        }
        if var cutover = try transaction.get(Tables.cutover, CutoverRecord.key), let sealed = cutover.sealedSecret {
            cutover.sealedSecret = try again(sealed, "legacy-secret", cutover.kid, CutoverRecord.version)
            try transaction.put(Tables.cutover, CutoverRecord.key, cutover)
        }
    }

    static func anchors(in transaction: borrowing some StoreReads & ~Copyable) throws -> [AnchorRecord] {
        var anchors: [AnchorRecord] = []
        try transaction.scan(Tables.anchors, limit: .max) { _, anchor in
            anchors.append(anchor)
            return true
        }
        return anchors
    }

    /// Opens every sealed record of the store with a master key.
    ///
    /// - Returns: how many there are.
    private func proveSeal(_ key: Secret) throws -> Int {
        let seal = try Seal(masterKey: key, installId: install.id)
        return try read { transaction in
            var count = 0
            for key in try Self.signingKeys(in: transaction) {
                guard let sealed = key.sealedPrivateKey else { continue }
                _ = try key.privateKey(sealed: sealed, by: seal)
                count += 1
            }
            for anchor in try Self.anchors(in: transaction) {
                guard let sealed = anchor.sealedSeed else { continue }
                _ = try seal.open(sealed, type: "anchor", id: anchor.id, version: AnchorRecord.version)
                count += 1
            }
            if let cutover = try transaction.get(Tables.cutover, CutoverRecord.key), let sealed = cutover.sealedSecret {
                _ = try cutover.openedSecret(sealed: sealed, by: seal)
                count += 1
            }
            return count
        }
    }

    /// Records that are sealed under the master key.
    package func sealedRecords() throws -> Int {
        try read { transaction in
            try Self.signingKeys(in: transaction).count { $0.sealedPrivateKey != nil }
                + Self.anchors(in: transaction).count { $0.sealedSeed != nil }
                + (transaction.get(Tables.cutover, CutoverRecord.key)?.sealedSecret == nil ? 0 : 1)
        }
    }
}
