import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// An install that lived on after its backup, and what a restore makes of the two.
struct Restored {
    let report: RestoreReport
    /// Over the restored store, with the master key that was there.
    let install: Install

    static func of(
        _ install: Install, _ backup: [UInt8], readsReplaced: Bool = true, allowsOtherInstall: Bool = false,
        goesWithoutMerge: Bool = false, expecting faults: Int = 0, damaging damage: (Scratch) throws -> Void = { _ in },
        spoiling spoil: (Scratch) async throws -> Void = { _ in }
    ) async throws -> Restored {
        let now = install.clock.now()
        let old = await install.closed()
        try damage(old)
        let (scratch, content) = try install.unpacked(backup)
        try await spoil(scratch)
        let merge = RestoreMerge(
            restored: scratch.store, replaced: readsReplaced ? old.store : nil, notMerged: nil, program: "latchkey test",
            madeAt: content.header.madeAt, keptAs: "store.replaced-x", allowsOtherInstall: allowsOtherInstall,
            goesWithoutMerge: goesWithoutMerge, userId: 7)
        let before = try old.dataFile
        let report = try merge.run(at: now)
        #expect(try old.dataFile == before, "the replaced store was changed")
        try FileManager.default.copyItem(atPath: old.masterKey, toPath: scratch.masterKey)
        let check = try scratch.check(at: now)
        #expect(faults == 0 ? check.findings == [] : check.total >= faults && check.isUsable, "\(check.findings)")
        return Restored(report: report, install: try Install(at: scratch, clock: install.clock))
    }
}

@Suite("A restore does not bring the dead back:")
struct RestoreMergeTests {
    @Test("an API key that was revoked after the backup stays revoked, with its reason, and one that was live stays live")
    func revokedKey() async throws {
        let install = try Install.prepared()
        let (dead, live) = try await (install.key(["*"], name: "dead"), install.key(["*"], name: "live"))
        let token = try await install.organisationToken("dead, too")
        let backup = try await install.backup()
        _ = try await install.authority.revokeAPIKey(dead.record.id, reason: "stolen", by: install.admin)
        try await install.authority.revokeOrganisationToken(token.record.id, by: install.admin)
        let restored = try await Restored.of(install, backup)
        #expect(await !restored.install.isLive(dead))
        #expect(await !restored.install.isLive(token))
        #expect(await restored.install.isLive(live))
        #expect(try restored.install.shown(dead).revokeReason == "stolen")
        #expect(restored.report.revokedAPIKeys == 2 && restored.report.unknownAPIKeys.count == 0 && restored.report.notMerged == nil)
        #expect(try restored.install.authority.organisationTokens(by: restored.install.admin).isEmpty)
    }

    @Test("a key that was rotated with an overlap ends when the overlap does")
    func rotatedKey() async throws {
        let install = try Install.prepared()
        let key = try await install.key(["*"], expiresIn: 30 * 86_400)
        let backup = try await install.backup()
        let new = try await install.rotate(key, overlap: 3600)
        let restored = try await Restored.of(install, backup)
        #expect(await restored.install.isLive(key))
        #expect(restored.report.shortenedAPIKeys == 1 && restored.report.goneAPIKeys.first.map(\.id) == [new.record.id])
        restored.install.clock.advance(seconds: 3600)
        #expect(await !restored.install.isLive(key))
        #expect(await !restored.install.isLive(new))
    }

    @Test("suspended, retired and deleted identities stay so, with all that came from them, and narrowed ones hold no more")
    func identities() async throws {
        let install = try Install.prepared()
        let suspended = try await install.family(["s1", "s2", "s3"])
        let retired = try await install.family(["r1", "r2", "r3"])
        let deleted = try await install.family(["d1", "d2", "d3"])
        let narrowed = try await install.identity("narrowed", ["relayfile:fs:read:*", "relayfile:fs:write:*"])
        let own = try await install.selfService(by: install.caller(retired.pairs[0]))
        let backup = try await install.backup()
        try await install.suspend(suspended.a, "misbehaved")
        try await Fate.retire.meet(retired.a.id, in: install)
        try await Fate.delete.meet(deleted.b.id, in: install)
        try await install.give(["relayfile:fs:read:*"], to: narrowed)
        let restored = try await Restored.of(install, backup)
        let now = restored.install
        for record in suspended.records { #expect(try now.shown(record).status == .suspended) }
        #expect(try now.shown(suspended.a).suspendReason == "misbehaved" && now.shown(suspended.b).suspendReason == "parent_suspended")
        for record in retired.records { #expect(try now.shown(record).status == .retired) }
        #expect(try now.shown(deleted.a).status == .active)
        for record in [deleted.b, deleted.c] { #expect(await refusal { try now.shown(record) }?.code == .identityNotFound) }
        #expect(try now.shown(narrowed).scopes == ["relayfile:fs:read:*"])
        #expect(await !now.isLive(own))
        let report = restored.report
        #expect(
            report.suspendedIdentities == 3 && report.retiredIdentities == 3 && report.deletedIdentities == 2
                && report.narrowedIdentities == 1)
        #expect(report.unknownIdentities.count == 0)
    }

    @Test("every session is over, whatever the backup held of it, and identities go on with new ones")
    func sessions() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let before = try await install.issue(identity)
        let backup = try await install.backup()
        let after = try await install.issue(identity)
        let refreshed = try await install.refresh(before)
        let restored = try await Restored.of(install, backup)
        let now = restored.install
        for pair in [before, after, refreshed] {
            #expect(try !now.isLive(pair))
            #expect(try now.authority.isRevoked(tokenId: pair.tokenId))
            #expect(await refusal { try await now.refresh(pair) }?.code == .invalidRefreshToken)
        }
        #expect(restored.report.endedSessions == 1)
        let row = try now.store.read { try $0.get(Tables.identityLiveness, identity.id) }
        let cutOff = try #require(row?.cutOffAt)
        #expect(cutOff >= install.clock.now())
        let fresh = try await now.issue(identity)
        #expect(try now.isLive(fresh))
    }

    @Test("each session's row says that it is over, each token's from after the backup too, and each identity has another epoch")
    func rows() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let before = try await install.issue(identity)
        let backup = try await install.backup()
        let after = try await install.issue(identity)
        let epoch = try #require(try install.store.read { try $0.get(Tables.identityLiveness, identity.id) }).epoch
        let restored = try await Restored.of(install, backup)
        let (sessions, token, row) = try restored.install.store.read { transaction in
            (
                try [before, after].map { try transaction.get(Tables.sessionLiveness, $0.sessionId)?.revokedAt },
                try transaction.get(Tables.tokens, after.tokenId)?.revokedAt,
                try transaction.get(Tables.identityLiveness, identity.id)
            )
        }
        #expect(sessions.allSatisfy { $0 != nil } && token != nil)
        let now = try #require(row)
        #expect(now.epoch > epoch)
    }

    @Test("an identity that was made and deleted after the backup stays dead, also for tokens from elsewhere")
    func deletedSince() async throws {
        let install = try Install.prepared()
        try await install.importSecret()
        let backup = try await install.backup()
        let gone = try await install.identity("gone")
        let token = install.oldToken(gone.id)
        try await install.authority.deleteIdentity(gone.id, by: install.admin)
        let before = await install.verdict(token)
        let restored = try await Restored.of(install, backup)
        let after = await restored.install.verdict(token)
        #expect(before != nil && after == before)
        let others = await restored.install.verdict(restored.install.oldToken())
        #expect(others == nil)
    }

    @Test("tokens from after the backup are known as revoked also while a cutover takes tokens from elsewhere")
    func tokensInCutover() async throws {
        let install = try Install.prepared()
        try await install.importSecret()
        let identity = try await install.identity()
        let backup = try await install.backup()
        let after = try await install.issue(identity)
        try await install.authority.revoke(.token(after.tokenId), by: install.admin)
        let legacy = OldToken.refresh(install, identity)
        _ = try await install.authority.refresh(legacy, origin: RequestOrigin())
        let restored = try await Restored.of(install, backup)
        #expect(try restored.install.authority.isRevoked(tokenId: after.tokenId))
        #expect(try !restored.install.authority.isRevoked(tokenId: "tok_of_somebody_else"))
        // What was exchanged once is not exchanged again.
        #expect(
            await refusal { try await restored.install.authority.refresh(legacy, origin: RequestOrigin()) }?.code == .invalidRefreshToken)
    }

    @Test("a signing key that was retired or revoked stays so, and the ring goes on where it was")
    func ring() async throws {
        let install = try Install.prepared()
        let (first, second) = try (install.signer.kid, install.standby.kid)
        let backup = try await install.backup()
        _ = try await install.authority.rotateKeys(now: true, by: install.admin)
        let third = try install.standby.kid
        let revoked = try await install.authority.revokeKey(second, reason: "copied", by: install.admin)
        let (signer, standby) = try (install.signer.kid, install.standby.kid)
        #expect(signer == third && revoked.signerKeyId == third)
        let served = try install.served
        let restored = try await Restored.of(install, backup)
        let now = restored.install
        #expect(try now.signer.kid == signer && now.standby.kid == standby)
        #expect(try now.record(second).state == .revoked && now.record(second).sealedPrivateKey == nil)
        #expect(try now.record(first).state == .grace)
        #expect(try now.served == served)
        #expect(restored.report.changedSigningKeys == 2 && restored.report.newSigningKeys == 2)
        let pair = try await now.issue(now.identity())
        #expect(try now.keyId(pair) == signer)
    }

    @Test("under another master key, keys from after the backup are retired, and what the ring lacks is born")
    func rewrapped() async throws {
        let install = try Install.prepared()
        let (first, second) = try (install.signer.kid, install.standby.kid)
        let key = try Data(contentsOf: URL(filePath: install.scratch.masterKey))
        let backup = try await install.backup()
        _ = try await install.authority.rotateKeys(now: true, by: install.admin)
        let third = try install.standby.kid
        _ = try await install.authority.rewrapSeal(keyFile: nil, givingUp: nil, by: install.admin)
        let restored = try await Restored.of(install, backup) { old in
            // The operator brings the master key of the backup's time.
            try FileManager.default.removeItem(atPath: old.masterKey)
            try key.write(to: URL(filePath: old.masterKey))
            try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: old.masterKey)
        }
        let now = restored.install
        #expect(now.authority.sealState == .open)
        #expect(try now.record(first).state == .grace && now.signer.kid == second && now.record(third).state == .retired)
        try await now.tend()
        #expect(try now.standby.kid != third)
        let pair = try await now.issue(now.identity())
        #expect(try now.keyId(pair) == second)
    }

    @Test("a cutover that was purged stays purged, and one that went on is where it was")
    func cutover() async throws {
        let purged = try Install.prepared()
        try await purged.reach(.sunset)
        let backup = try await purged.backup()
        try await purged.reach(.purged)
        let restored = try await Restored.of(purged, backup)
        #expect(try restored.install.phase == .purged && restored.install.cutover()?.sealedSecret == nil)
        let moved = try Install.prepared()
        try await moved.importSecret()
        try await moved.list("both", "RS256", "HS256")
        let early = try await moved.backup()
        try await moved.reach(.cutover)
        let later = try await Restored.of(moved, early)
        #expect(try later.install.phase == .cutover)
        let pair = try await later.install.issue(later.install.identity())
        #expect(try later.install.claims(pair).issuer == "https://keys.example")
    }

    @Test("the log goes on where it was: no number comes twice, nothing that was told is lost, and the restore is told first")
    func log() async throws {
        let install = try Install.prepared()
        let backup = try await install.backup()
        let key = try await install.key(["*"], name: "after")
        try await install.revoke(key)
        let before = try install.audit()
        let restored = try await Restored.of(install, backup)
        let after = try restored.install.audit()
        #expect(Array(after.prefix(before.count)) == before)
        let entry = try #require(after.dropFirst(before.count).first)
        #expect(entry.action == .backupRestored && entry.seq == before.last!.seq + 1 && entry.seq == restored.report.auditSequence)
        #expect(entry.metadata["replacedStore"] == "store.replaced-x" && entry.metadata["uid"] == "7" && entry.metadata["merged"] == "true")
        #expect(restored.report.auditEntries == 2)
        _ = try await restored.install.key(["*"])
        #expect(try restored.install.audit().last?.seq == entry.seq + 1)
    }

    @Test("without a store to learn from it ends sessions all the same, and lists every key that may have died")
    func nothingLearned() async throws {
        let install = try Install.prepared()
        let (a, b) = try await (install.key(["*"], name: "a"), install.key(["*"], name: "b"))
        try await install.revoke(b)
        let identity = try await install.identity()
        let pair = try await install.issue(identity)
        let backup = try await install.backup()
        try await install.revoke(a)
        let restored = try await Restored.of(install, backup, readsReplaced: false)
        #expect(restored.report.notMerged != nil && restored.report.unknownAPIKeys.first.map(\.id) == [a.record.id])
        #expect(restored.report.unknownIdentities.first == [identity.id])
        #expect(try Set(restored.report.unknownSigningKeys.first.map(\.kid)) == [install.signer.kid, install.standby.kid])
        #expect(await restored.install.isLive(a))
        #expect(try !restored.install.isLive(pair))
    }

    @Test("another install's store is replaced only on the operator's word")
    func otherInstall() async throws {
        let install = try Install.prepared()
        let backup = try await install.backup()
        // A first start of its own.
        let other = try Install(at: Scratch())
        await #expect(throws: BackupError(.refused, "")) { try await Restored.of(other, backup) }
        let again = try Install(at: other.scratch)
        let restored = try await Restored.of(again, backup, allowsOtherInstall: true) { old in
            try FileManager.default.removeItem(atPath: old.masterKey)
            try FileManager.default.copyItem(atPath: install.scratch.masterKey, toPath: old.masterKey)
        }
        #expect(restored.install.authority.install.id == install.authority.install.id)
        #expect(restored.report.notMerged?.contains(other.authority.install.id) == true)
    }

    @Test("a backup with a fault that nothing mends is refused, and the store that is there stays as it is")
    func unsound() async throws {
        let install = try Install.prepared()
        _ = try await install.authority.succeedAnchor(by: install.admin)
        let anchors = try install.anchors
        try await install.store.write { transaction in
            // A former anchor that could sign on.
            var former = anchors[0]
            former.sealedSeed = anchors[1].sealedSeed
            try transaction.put(Tables.anchors, former.id, former)
        }
        let backup = try await install.backup()
        await #expect(throws: BackupError(.unsound, "")) { try await Restored.of(install, backup) }
    }

    @Test("a newer backup over an older store: nothing is deleted because it is not there yet")
    func newerBackup() async throws {
        let install = try Install.prepared()
        let old = try await install.backup()
        let key = try await install.key(["*"])
        let identity = try await install.identity()
        _ = try await install.authority.rotateKeys(now: true, by: install.admin)
        let signer = try install.signer.kid
        let new = try await install.backup()
        let mistake = try await Restored.of(install, old, readsReplaced: false)
        let right = try await Restored.of(mistake.install, new)
        #expect(await right.install.isLive(key))
        #expect(try right.install.shown(identity).status == .active && right.install.signer.kid == signer)
        #expect(right.report.unknownAPIKeys.first.map(\.id) == [key.record.id] && right.report.unknownIdentities.first == [identity.id])
    }
}
