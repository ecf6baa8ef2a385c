import LatchkeyCrypto
package import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Opens the authority over a store. In a new store this makes, in one commit, the install, its first organisation, the trust anchor
    /// and two signing keys, one active and one standby, both in the JWKS from the first second.
    ///
    /// - Parameters:
    ///   - store: open; the authority closes it.
    ///   - masterKey: where the master key is. A new one is made only when nothing was ever sealed.
    ///   - seams: for tests.
    /// - Throws: `OpeningError` when the very first start can't be made; `StoreError`. A master key that is missing or wrong later is no
    ///   error: the authority then verifies and signs nothing (`sealState`).
    package static func open(
        store: Store, settings: AuthoritySettings, masterKey source: MasterKey.Source, clock host: any HostClock,
        seams: AuthoritySeams = AuthoritySeams()
    ) throws -> Authority {
        let source = source.resolved
        source.removeLeftovers()
        let (existing, floor, seen, newest) = try store.read { transaction in
            (
                try transaction.get(Tables.install, InstallRecord.key), try ClockRow.floor(settings.madeAt, in: transaction),
                try transaction.get(Tables.clock, ClockRow.seen)?.moment, try Self.newestId(in: transaction)
            )
        }
        let clock = SteadyClock(host, floor: floor)
        let absence = clock.absence(since: seen)
        let ids = IdentifierSource(clock: clock)
        // Also by a clock that has gone back a little: a cut-off parts ids by when they were made.
        if let newest { try ids.begin(after: newest) }
        let install: InstallRecord
        let sealing: Sealing
        if let existing {
            install = existing
            sealing = Self.sealing(of: existing, source)
        } else {
            let (made, seal) = try found(store, settings: settings, source: source, clock: clock, ids: ids, seams: seams)
            install = made
            sealing = Sealing(seal: seal, state: .open)
        }
        // A store that can't be written now is opened all the same: what it holds is verified and shown, and neither of these two makes
        // anything good that is not.
        let debt = try settleClock(store, clock, floor: floor, seams)
        try unlessUnwritable { try withdrawUnproven(store, organisation: install.firstOrganisation, at: clock.now()) }
        let (records, cutover) = try settle(store, settings: settings, clock: clock)
        let ring = KeyRing(records, settings.timings, cutover: cutover, at: clock.now())
        return try Authority(
            settings: settings, install: install, sealing: sealing, masterKey: source, clock: clock, clockDebt: debt, absence: absence,
            ids: ids, store: store, snapshot: KeyRingSnapshot(ring, sealing, showsLegacy: settings.showsLegacyJWK), seams: seams)
    }

    private static func unlessUnwritable(_ change: () throws -> Void) throws {
        do {
            try change()
        } catch let error as StoreError where error.code == .unavailable {}
    }

    /// A clock that is behind at this start has stood since the latest time that is known; one that is right again has gone on since then.
    ///
    /// - Returns: what of it can't be written now.
    private static func settleClock(_ store: Store, _ clock: SteadyClock, floor: Timestamp, _ seams: AuthoritySeams) throws -> ClockDebt {
        let isBehind = clock.problem != nil
        guard try store.read({ try $0.contains(Tables.clock, ClockRow.behind) }) != isBehind else { return ClockDebt() }
        let now = clock.now()
        let step = now.milliseconds - floor.milliseconds
        do {
            try store.writeAndWait(.essential) { transaction in
                try seams.beforeTime()
                if isBehind {
                    try transaction.put(Tables.clock, ClockRow.behind, MomentRow(floor))
                } else {
                    try catchUp(by: step, at: now, in: transaction)
                }
            }
        } catch let error as StoreError where error.code == .unavailable {
            return isBehind ? ClockDebt(behind: floor) : ClockDebt(step: step)
        }
        return ClockDebt()
    }

    /// Brings what follows from records and settings into the store: who signs, how long the signer's tokens may live from now on, and, when
    /// the JWKS may be cached for less time than before, until when there are copies from before.
    private static func settle(
        _ store: Store, settings: AuthoritySettings, clock: SteadyClock
    ) throws -> (records: [SigningKeyRecord], cutover: CutoverRecord?) {
        let (records, cutover, noted, served, hasSigned) = try store.read { transaction in
            (
                try signingKeys(in: transaction), try transaction.get(Tables.cutover, CutoverRecord.key),
                try transaction.get(Tables.signer, SignerRow.current)?.text, try transaction.get(Tables.signer, SignerRow.maxAge)?.text,
                try hasSignedUnnoted(in: transaction)
            )
        }
        let ring = KeyRing(records, settings.timings, cutover: cutover, at: clock.now())
        let longer = ring.active.flatMap { active -> SigningKeyRecord? in
            guard (active.longestToken ?? 0) < settings.maxAccessTokenTTL else { return nil }
            var key = active
            key.longestToken = settings.maxAccessTokenTTL
            return key
        }
        let maxAge = String(settings.jwksMaxAge)
        guard longer != nil || noted != ring.signerKid || served != maxAge || hasSigned else { return (records, cutover) }
        try store.writeAndWait(.essential) { transaction in
            if served != maxAge {
                try transaction.put(Tables.signer, SignerRow.maxAge, TextRow(maxAge))
                if let before = served.flatMap({ Int64($0) }), before > settings.jwksMaxAge {
                    let until = clock.now().adding(seconds: before)
                    let known = try transaction.get(Tables.clock, ClockRow.copies)?.moment ?? until
                    try transaction.put(Tables.clock, ClockRow.copies, MomentRow(max(known, until)))
                }
            }
            if hasSigned { try transaction.put(Tables.signer, SignerRow.rsaUsed, TextRow("")) }
            if let longer { try transaction.put(Tables.signingKeys, longer.kid, longer) }
            if let kid = ring.signerKid {
                try transaction.put(Tables.signer, SignerRow.current, TextRow(kid))
            } else {
                try transaction.delete(Tables.signer, SignerRow.current)
            }
        }
        return (try store.read { try signingKeys(in: $0) }, cutover)
    }

    /// Whether tokens were signed with RSA keys in a store from before that was noted: then there are sessions, or entries that tell of them.
    private static func hasSignedUnnoted(in transaction: borrowing some StoreReads & ~Copyable) throws -> Bool {
        guard try !transaction.contains(Tables.signer, SignerRow.rsaUsed), try !transaction.contains(Tables.cutover, CutoverRecord.key)
        else {
            return false
        }
        if try transaction.count(Tables.sessions) > 0 { return true }
        var organisations: [String] = []
        try transaction.scanKeys(Tables.organisations, limit: .max) { id in
            organisations.append(id)
            return true
        }
        for organisation in organisations {
            var found = false
            let issues = AuditIndex.prefix(organisation, .action, AuditRecord.Action.tokenIssued.rawValue)
            try transaction.scanKeys(Tables.auditIndex, prefix: issues, limit: 1) { _ in
                found = true
                return false
            }
            if found { return true }
        }
        return false
    }

    /// The seal of a store that has sealed records, or why there is none. Never makes a master key.
    private static func sealing(of install: InstallRecord, _ source: MasterKey.Source) -> Sealing {
        let why: String
        do {
            if let seal = seal(of: install, try MasterKey.read(source)) { return Sealing(seal: seal, state: .open) }
            why = "is not the one that sealed this store; put the right one back"
        } catch {
            switch error {
            case .missing: why = "is missing; put it back, or name it with --master-key-file"
            case .unusable(let reason): why = reason
            }
        }
        return succeeded(install, source) ?? Sealing(seal: nil, state: .closed(reason: "the master key \(source.path) \(why)"))
    }

    static func seal(of install: InstallRecord, _ key: Secret) -> Seal? {
        guard let seal = try? Seal(masterKey: key, installId: install.id), seal.check.utf8.elementsEqual(install.sealCheck.utf8) else {
            return nil
        }
        return seal
    }

    /// The seal of a successor that the store is sealed under and that was not put into its place before the program ended. Puts it there.
    private static func succeeded(_ install: InstallRecord, _ source: MasterKey.Source) -> Sealing? {
        guard case .file(let path) = source, let key = try? MasterKey.read(.file(MasterKey.successor(of: path))),
            let seal = seal(of: install, key)
        else { return nil }
        var sealing = Sealing(seal: seal, state: .open)
        do {
            try MasterKey.succeed(at: path)
        } catch {
            sealing.misplaced = Self.misplaced(path, error)
        }
        return sealing
    }

    static func misplaced(_ path: String, _ problem: MasterKey.Problem) -> String {
        let why = if case .unusable(let why) = problem { why } else { "it can't be moved" }
        return "the master key lies in \(MasterKey.successor(of: path)) and nowhere else: \(why); keep that file, mend this, and restart"
    }

    /// The very first start.
    private static func found(
        _ store: Store, settings: AuthoritySettings, source: MasterKey.Source, clock: SteadyClock, ids: IdentifierSource,
        seams: AuthoritySeams
    ) throws -> (InstallRecord, Seal) {
        let masterKey = try newMasterKey(source)
        let installId = try ids.make(.install)
        let organisation = try ids.make(.organisation)
        let anchorId = try ids.make(.anchor)
        let seal = try Seal(masterKey: masterKey, installId: installId)
        let anchor = try Ed25519PrivateKey.generate()
        let keys = try [SigningKeyRecord.State.active, .standby].map { state in
            try (state, seams.makeKey(settings.signingKeyBits))
        }
        let now = clock.now()
        let records = try keys.map { state, key in
            var record = try SigningKeyRecord.making(key, state: state, origin: .generated, seal: seal, now: now)
            if state == .active { record.longestToken = settings.maxAccessTokenTTL }
            return record
        }
        let anchorRecord = try AnchorRecord.making(anchor, id: anchorId, number: 0, succession: nil, seal: seal, at: now)
        let install = InstallRecord(id: installId, createdAt: now, firstOrganisation: organisation, sealCheck: seal.check, anchor: anchorId)
        try store.writeAndWait { transaction in
            try transaction.put(Tables.organisations, organisation, OrganisationRecord(id: organisation, name: "default", createdAt: now))
            try transaction.put(Tables.anchors, anchorId, anchorRecord)
            for record in records {
                try transaction.put(Tables.signingKeys, record.kid, record)
                if record.state == .active { try transaction.put(Tables.signer, SignerRow.current, TextRow(record.kid)) }
            }
            try transaction.put(Tables.signer, SignerRow.maxAge, TextRow(String(settings.jwksMaxAge)))
            var drafts = [AuditDraft(.organisationCreated, actor: "system", organisation: organisation)]
            drafts[0].metadata = ["name": "default"]
            for record in records {
                var draft = AuditDraft(.keyCreated, actor: "system", organisation: organisation)
                draft.resource = "signing-key"
                draft.metadata = ["kid": record.kid, "state": record.state.rawValue, "bits": String(record.bits)]
                drafts.append(draft)
            }
            for draft in drafts { try append(draft, at: now, in: transaction) }
            // last, so that a store without it is a new one
            try transaction.put(Tables.install, InstallRecord.key, install)
        }
        return (install, seal)
    }

    /// The master key of a first start: the one that is there already, else a new file. What somebody else is to provide is never made
    /// here.
    private static func newMasterKey(_ source: MasterKey.Source) throws -> Secret {
        do {
            return try MasterKey.read(source)
        } catch MasterKey.Problem.missing {
            guard case .file(let path) = source else {
                throw OpeningError("the master key \(source.path) is missing; make one with: openssl rand -base64 32")
            }
            do {
                return try MasterKey.create(at: path)
            } catch MasterKey.Problem.unusable(let why) {
                throw OpeningError("the master key \(path) \(why)")
            }
        } catch MasterKey.Problem.unusable(let why) {
            throw OpeningError("the master key \(source.path) \(why)")
        }
    }
}

/// Why the authority can't be opened: a sentence for a person.
package struct OpeningError: Error, Sendable, CustomStringConvertible {
    package let message: String

    init(_ message: String) { self.message = message }

    package var description: String { message }
}
