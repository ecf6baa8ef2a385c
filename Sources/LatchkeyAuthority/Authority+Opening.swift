import LatchkeyCrypto
package import LatchkeyStore
package import LatchkeyVerifier

extension Authority {
    /// Opens the authority over a store. In a new store this makes, in one commit, the install, its first organisation, the trust anchor
    /// and two signing keys, one active and one standby, both in the JWKS from the first second.
    ///
    /// - Parameters:
    ///   - store: open; the authority closes it.
    ///   - masterKey: where the master key is. A new one is made only when nothing was ever sealed.
    ///   - beforeRecord: a seam for tests, see `Authority.beforeRecord`.
    /// - Throws: `OpeningError` when the very first start can't be made; `StoreError`. A master key that is missing or wrong later is no
    ///   error: the authority then verifies and signs nothing (`sealState`).
    package static func open(
        store: Store, settings: AuthoritySettings, masterKey source: MasterKey.Source, clock: any WallClock,
        beforeRecord: @escaping @Sendable (AuditRecord.Action) throws -> Void = { _ in }
    ) throws -> Authority {
        let ids = IdentifierSource(clock: clock)
        let existing = try store.read { try $0.get(Tables.install, InstallRecord.key) }
        let install: InstallRecord
        let seal: Seal?
        let state: SealState
        if let existing {
            install = existing
            (seal, state) = Self.seal(of: existing, source)
        } else {
            let (made, madeSeal) = try found(store, settings: settings, source: source, clock: clock, ids: ids)
            install = made
            seal = madeSeal
            state = .open
        }
        let records = try store.read { transaction in
            var records: [SigningKeyRecord] = []
            try transaction.scan(Tables.signingKeys, limit: .max) { _, record in
                records.append(record)
                return true
            }
            return records
        }
        let snapshot = try KeyRingSnapshot(KeyRing(records), seal: seal, sealState: state)
        return try Authority(
            settings: settings, install: install, sealState: state, clock: clock, ids: ids, store: store, snapshot: snapshot,
            beforeRecord: beforeRecord)
    }

    /// The seal of a store that has sealed records, or why there is none. Never makes a master key.
    private static func seal(of install: InstallRecord, _ source: MasterKey.Source) -> (Seal?, SealState) {
        let key: Secret
        do {
            key = try MasterKey.read(source)
        } catch {
            switch error {
            case .missing:
                return (nil, .closed(reason: "the master key \(source.path) is missing; put it back, or name it with --master-key-file"))
            case .unusable(let why): return (nil, .closed(reason: "the master key \(source.path) \(why)"))
            }
        }
        guard let seal = try? Seal(masterKey: key, installId: install.id), seal.check.utf8.elementsEqual(install.sealCheck.utf8) else {
            return (nil, .closed(reason: "the master key \(source.path) is not the one that sealed this store; put the right one back"))
        }
        return (seal, .open)
    }

    /// The very first start.
    private static func found(
        _ store: Store, settings: AuthoritySettings, source: MasterKey.Source, clock: any WallClock, ids: IdentifierSource
    ) throws -> (InstallRecord, Seal) {
        let masterKey = try newMasterKey(source)
        let installId = try ids.make(.install)
        let organisation = try ids.make(.organisation)
        let anchorId = try ids.make(.anchor)
        let seal = try Seal(masterKey: masterKey, installId: installId)
        let anchor = try Ed25519PrivateKey.generate()
        let keys = try [SigningKeyRecord.State.active, .standby].map { state in
            try (state, RSAPrivateKey.generate(bits: settings.signingKeyBits))
        }
        let now = clock.now()
        let records = try keys.map { state, key in try SigningKeyRecord.making(key, state: state, origin: .generated, seal: seal, now: now)
        }
        let sealedSeed = try seal.seal(anchor.seed, type: "anchor", id: anchorId, version: AnchorRecord.version)
        let anchorRecord = AnchorRecord(id: anchorId, x: Base64URL.encode(anchor.publicKey.raw), sealedSeed: sealedSeed, createdAt: now)
        let install = InstallRecord(id: installId, createdAt: now, firstOrganisation: organisation, sealCheck: seal.check, anchor: anchorId)
        try store.writeAndWait { transaction in
            try transaction.put(Tables.organisations, organisation, OrganisationRecord(id: organisation, name: "default", createdAt: now))
            try transaction.put(Tables.anchors, anchorId, anchorRecord)
            for record in records { try transaction.put(Tables.signingKeys, record.kid, record) }
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
