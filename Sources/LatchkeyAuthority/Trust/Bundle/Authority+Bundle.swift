import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    private static let attempts = 4
    /// Seconds.
    private static let usualBundleLife: Int64 = 7 * 86_400
    /// Bundles that are remembered at most; each is looked at where somebody asks who has which.
    private static let mostRemembered = 5000
    /// Those of them that are kept for the operator: who has a credential that may read can't keep it from making one.
    private static let keptForOperator = 1000

    /// Makes a trust bundle: what verifiers without a network hold tokens against.
    ///
    /// All that was revoked up to a number that is fixed first is in it; what is revoked while it is being made may be. Its number, what the
    /// key ring has to know of it and the entry that tells of it are one commit, and its bytes are worth nothing before that.
    /// It tells of every organisation, so it is for the operator and for the first organisation, which is the operator's.
    ///
    /// - Parameter life: seconds; a week when none is said, or `max-bundle-life` if that is less.
    /// - Throws: `invalid_request` (validFor), `org_mismatch`, `clock_unreliable`, `signing_unavailable`, `storage_unavailable`.
    package func exportBundle(validFor life: Int64?, by caller: Caller) async throws -> ExportedBundle {
        let most = settings.maxBundleLife
        let life = life ?? min(Self.usualBundleLife, most)
        guard (1...most).contains(life) else {
            throw AuthorityError.invalid(
                "validFor",
                "validFor is 1 to \(most) seconds, which is max-bundle-life: a bundle that outlived it would not know the keys that sign then"
            )
        }
        try caller.requireOwn()
        guard caller.principal.isAdministrator || caller.principal.organisation.utf8.elementsEqual(firstOrganisation.utf8) else {
            throw AuthorityError(
                .organisationMismatch, "a trust bundle tells of every organisation; ask with a key of the first one, or on the admin socket"
            )
        }
        return try await aside { [self] in
            try await bundleTurns.take {
                for _ in 0..<Self.attempts { if let bundle = try await makeBundle(validFor: life, by: caller) { return bundle } }
                throw AuthorityError(.storageUnavailable, "the signing keys are being changed again and again; try again")
            }
        }
    }

    /// - Returns: `nil` when the install changed meanwhile: then another one has to be made.
    private func makeBundle(validFor life: Int64, by caller: Caller) async throws -> ExportedBundle? {
        try requireClock()
        let madeAt = clock.now()
        let (ground, revocation) = try read {
            (try BundleGround(settings, at: madeAt, in: $0), try TrustNumber.revocation.last(in: $0))
        }
        seams.afterStep("bundle: fixed")
        let revoked = try revokedThings(upTo: revocation, at: madeAt)
        let notAfter = madeAt.adding(seconds: life)
        let legacy = try ground.cutover.map { try legacyTerms($0, at: madeAt, notAfter: notAfter) }
        let contents = BundleContents(
            install: install.id, issuer: settings.issuer, anchors: ground.statements, sequence: Int64(clamping: ground.sequence),
            previous: ground.previous, madeAt: madeAt, notAfter: notAfter, revocation: Int64(clamping: revocation), keys: ground.keys,
            revokedTokens: IdSet(.tokens, revoked.tokens), revokedSessions: IdSet(.sessions, revoked.sessions),
            cutOffForAll: revoked.cutOffForAll, cutOffs: revoked.cutOffs, legacy: legacy)
        let file = try signed(contents, by: ground.anchor)
        seams.afterStep("bundle: signed")
        let row = BundleRow(hash: SHA256.hash(file), madeAt: madeAt, notAfter: notAfter, revocation: revocation)
        guard try await commitBundle(row, on: ground, by: caller) else { return nil }
        try reloadKeys()
        return ExportedBundle(file: file, sequence: ground.sequence, madeAt: madeAt, notAfter: notAfter, revocation: revocation)
    }

    private func signed(_ contents: BundleContents, by anchor: AnchorRecord) throws -> [UInt8] {
        guard let seal = sealing.seal, let key = anchor.privateHalf(by: seal) else { throw Self.anchorOutOfReach }
        do {
            return try TrustBundle.encode(contents, keyId: key.publicKey.thumbprint, sign: { try key.sign($0) })
        } catch let error as VerificationError {
            throw AuthorityError(
                .signingUnavailable,
                "no trust bundle can be made of this install: \(error.message). Until enough of what was revoked has expired, verifiers have "
                    + "to ask the introspection route")
        }
    }

    private func commitBundle(_ row: BundleRow, on ground: BundleGround, by caller: Caller) async throws -> Bool {
        try await write { [self] transaction in
            try requireClock()
            let now = clock.nowOnRecord()
            try Self.requireLive(caller.principal, at: now, in: transaction)
            guard try BundleGround(settings, at: now, in: transaction) == ground else { return false }
            let gone = try Self.goneBundles(at: now, in: transaction)
            let most = caller.principal.isAdministrator ? Self.mostRemembered : Self.mostRemembered - Self.keptForOperator
            guard try transaction.count(Tables.bundles) - gone.count < most else {
                let others = most < Self.mostRemembered ? " but for the operator's own, on the admin socket" : ""
                throw AuthorityError(
                    .storageUnavailable,
                    "\(most) trust bundles are in use, the most that may\(others); wait until some have ended, or let them live for less")
            }
            for sequence in gone { try transaction.delete(Tables.bundles, sequence) }
            try TrustNumber.bundle.raise(to: ground.sequence, in: transaction)
            try transaction.put(Tables.bundles, ground.sequence, row)
            try noteBundle(notAfter: row.notAfter, in: transaction)
            var draft = AuditDraft(.bundleExported, by: caller)
            draft.organisation = firstOrganisation
            draft.resource = "bundle"
            draft.metadata = [
                "sequence": String(ground.sequence), "notAfter": row.notAfter.description, "revocation": String(row.revocation),
                "sha256": Base64URL.encode(row.hash),
            ]
            try record(draft, in: transaction)
            return true
        }
    }

    /// Bundles that nobody may use any more: they need not be remembered.
    private static func goneBundles(at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> [UInt64] {
        var gone: [UInt64] = []
        try transaction.scan(Tables.bundles, limit: .max) { sequence, row in
            if row.isOver(at: now) { gone.append(sequence) }
            return true
        }
        return gone
    }

    /// The newest trust bundles of those that may be in use at this moment, the newest first.
    package func liveBundles(_ most: Int) throws -> [LiveBundle] {
        let now = clock.now()
        return try read { transaction in
            var live: [LiveBundle] = []
            try transaction.scan(Tables.bundles, descending: true, limit: RevokedThings.page) { sequence, row in
                guard !row.isOver(at: now) else { return true }
                live.append(LiveBundle(sequence: sequence, madeAt: row.madeAt, notAfter: row.notAfter, revocation: row.revocation))
                return live.count < most
            }
            return live
        }
    }
}

extension BundleRow {
    /// Whether no verifier takes it any more, with the skew that they allow.
    func isOver(at now: Timestamp) -> Bool { notAfter.adding(seconds: TokenPolicy.standardSkew) <= now }
}
