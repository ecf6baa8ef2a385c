import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("What binds does not go back with a restore:")
struct RestoreBoundsTests {
    private func row<Key, Row>(_ table: Table<Key, Row>, _ key: Key, _ install: Install) throws -> Row? {
        try install.store.read { try $0.get(table, key) }
    }

    /// Changes a signing key's record behind everybody's back.
    private static func change(
        _ kid: String, in transaction: borrowing WriteTransaction, _ body: (inout SigningKeyRecord) -> Void
    ) throws {
        var record = try #require(try transaction.get(Tables.signingKeys, kid))
        body(&record)
        try transaction.put(Tables.signingKeys, kid, record)
    }

    @Test("an organisation's limits, which are the tighter of the two")
    func limits() async throws {
        let install = try Install.prepared()
        let id = install.authority.firstOrganisation
        func set(_ most: Double, _ standard: Double, _ days: Double) async throws {
            var change = OrganisationChange()
            (change.maxTokenTTL, change.defaultTokenTTL, change.auditRetentionDays) = (most, standard, days)
            _ = try await install.authority.updateOrganisation(change, by: install.admin)
        }
        try await set(7200, 3600, 30)
        let backup = try await install.backup()
        try await set(900, 600, 90)
        let restored = try await Restored.of(install, backup)
        let record = try #require(try row(Tables.organisations, id, restored.install))
        #expect(record.maxTokenTTL == 900 && record.defaultTokenTTL == 600 && record.auditRetentionDays == 90)
        #expect(restored.report.tightenedOrganisations == 1)
        // The other way round the backup has the tighter ones.
        let wide = try Install.prepared()
        var change = OrganisationChange()
        (change.maxTokenTTL, change.defaultTokenTTL, change.auditRetentionDays) = (900, 600, 0)
        _ = try await wide.authority.updateOrganisation(change, by: wide.admin)
        let tight = try await wide.backup()
        (change.maxTokenTTL, change.defaultTokenTTL, change.auditRetentionDays) = (7200, 3600, 30)
        _ = try await wide.authority.updateOrganisation(change, by: wide.admin)
        let kept = try await Restored.of(wide, tight)
        let own = try #require(try row(Tables.organisations, wide.authority.firstOrganisation, kept.install))
        #expect(own.maxTokenTTL == 900 && own.defaultTokenTTL == 600 && own.auditRetentionDays == 0)
    }

    @Test("an organisation that was made since, and what the log tells of it")
    func newOrganisation() async throws {
        let install = try Install.prepared()
        let backup = try await install.backup()
        let other = try await install.otherOrganisation()
        let key = try await install.key(["relayfile:fs:read:*"], name: "neighbour", by: other)
        let before = try install.audit()
        let restored = try await Restored.of(install, backup)
        #expect(try row(Tables.organisations, key.record.orgId, restored.install) != nil)
        #expect(try Array(restored.install.audit().prefix(before.count)) == before)
        #expect(before.contains { $0.orgId == key.record.orgId })
    }

    private static func use(_ moment: Timestamp) -> LegacyUseRow {
        LegacyUseRow(subject: "agent_a", address: "192.0.2.9", audience: "old", lastSeenAt: moment)
    }

    @Test("moments, and who presented a legacy token last")
    func moments() async throws {
        let install = try Install.prepared()
        let now = install.clock.now()
        try await install.store.write { transaction in
            try transaction.put(Tables.clock, ClockRow.copies, MomentRow(now.adding(seconds: 900)))
            try transaction.put(Tables.clock, ClockRow.overruled, MomentRow(now.adding(seconds: 900)))
            try transaction.put(Tables.legacyUses, Self.use(now).key, Self.use(now))
        }
        let backup = try await install.backup()
        let (later, sooner) = (now.adding(seconds: 86_400), now.adding(seconds: 60))
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                try transaction.put(Tables.clock, ClockRow.copies, MomentRow(later))
                try transaction.put(Tables.clock, ClockRow.legacyExpiry, MomentRow(later))
                try transaction.put(Tables.clock, ClockRow.overruled, MomentRow(sooner))
                try transaction.put(Tables.legacyUses, Self.use(now).key, Self.use(sooner))
            }
        }
        #expect(try row(Tables.clock, ClockRow.copies, restored.install)?.moment == later)
        #expect(try row(Tables.clock, ClockRow.legacyExpiry, restored.install)?.moment == later)
        #expect(try row(Tables.clock, ClockRow.overruled, restored.install)?.moment == now.adding(seconds: 900))
        #expect(try row(Tables.legacyUses, Self.use(now).key, restored.install)?.lastSeenAt == sooner)
    }

    @Test("mints that were counted")
    func counts() async throws {
        let install = try Install.prepared()
        let now = install.clock.now()
        let key = [UInt8](repeating: 7, count: 32)
        let before = BucketRow(level: 1_000_000, at: now)
        try await install.store.write { transaction in
            try transaction.put(Tables.mintBuckets, key, before)
            try Expiry(at: now.adding(seconds: 3600), .mintBucket, key).note(in: transaction)
        }
        let backup = try await install.backup()
        let since = BucketRow(level: 9_000_000, at: now.adding(seconds: 5))
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { try $0.put(Tables.mintBuckets, key, since) }
        }
        #expect(try row(Tables.mintBuckets, key, restored.install) == since)
    }

    @Test("what binds a signing key to those who know it, and how long the JWKS may be cached")
    func keyBounds() async throws {
        let install = try Install.prepared()
        let now = install.clock.now()
        let kid = try install.standby.kid
        let far = now.adding(seconds: 9 * 86_400)
        try await install.store.write { transaction in
            try Self.change(kid, in: transaction) { ($0.knownBy, $0.heldByBundlesUntil) = (far, far) }
        }
        let backup = try await install.backup()
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                try Self.change(kid, in: transaction) {
                    ($0.knownBy, $0.heldByBundlesUntil, $0.bundlesLackItUntil, $0.longestToken) = (now, nil, far, 100_000)
                }
                try transaction.put(Tables.signer, SignerRow.maxAge, TextRow("7200"))
                try transaction.put(Tables.signer, SignerRow.revoked("gone"), TextRow("gone"))
                try transaction.put(Tables.signer, SignerRow.rsaUsed, TextRow(""))
            }
        }
        let record = try restored.install.record(kid)
        #expect(record.knownBy == far && record.heldByBundlesUntil == far)
        #expect(record.bundlesLackItUntil == far && record.longestToken == 100_000)
        // The start that follows serves it for an hour, and remembers the copies that live for two.
        #expect(try row(Tables.clock, ClockRow.copies, restored.install)?.moment == now.adding(seconds: 7200))
        #expect(try row(Tables.signer, SignerRow.revoked("gone"), restored.install) != nil)
        #expect(try row(Tables.signer, SignerRow.rsaUsed, restored.install) != nil)
    }

    @Test("one key signs, and one stands by, also where the two stores had gone their own ways")
    func oneOfEach() async throws {
        let install = try Install.prepared()
        let (first, second) = try (install.signer.kid, install.standby.kid)
        let backup = try await install.backup()
        install.clock.advance(seconds: 60)
        _ = try await install.authority.rotateKeys(now: true, by: install.admin)
        let third = try install.standby.kid
        let now = install.clock.now()
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                // As if each of the two had come to another signer.
                try transaction.delete(Tables.signingKeys, first)
                try transaction.delete(Tables.signingKeys, second)
                try Self.change(third, in: transaction) { ($0.state, $0.activatedAt) = (.active, now) }
            }
        }
        let signers = restored.install
        #expect(try signers.signer.kid == third && signers.standby.kid == second && signers.record(first).state == .grace)
        let other = try Install.prepared()
        let (own, spare) = try (other.signer.kid, other.standby.kid)
        let early = try await other.backup()
        other.clock.advance(seconds: 60)
        _ = try await other.authority.rotateKeys(now: true, by: other.admin)
        let newest = try other.standby.kid
        let both = try await Restored.of(other, early) { old in
            try old.tamper { transaction in
                try transaction.delete(Tables.signingKeys, own)
                try transaction.delete(Tables.signingKeys, spare)
            }
        }
        #expect(try both.install.signer.kid == own && both.install.standby.kid == newest && both.install.record(spare).state == .retired)
    }

    @Test("an identity whose maker is gone for good acts no more")
    func orphan() async throws {
        let install = try Install.prepared()
        let family = try await install.family(["a", "b", "c"])
        let backup = try await install.backup()
        try await Fate.delete.meet(family.a.id, in: install)
        let entries = try install.audit(.identityDeleted).filter { $0.identityId == family.b.id }.map(\.seq)
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                // That the second one was deleted can't be learned any more.
                let raw = Table<[UInt8], BytesRow>(Tables.audit.name, slot: Tables.audit.slot)
                for sequence in entries { try transaction.put(raw, sequence.storeBytes, BytesRow([0])) }
            }
        }
        #expect(!entries.isEmpty)
        #expect(await refusal { try restored.install.shown(family.a) }?.code == .identityNotFound)
        #expect(try restored.install.shown(family.b).status == .retired)
        #expect(restored.report.unknownIdentities.first == [family.b.id])
    }
}
