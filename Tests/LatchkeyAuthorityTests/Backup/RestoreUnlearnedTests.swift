import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("What a restore can't learn")
struct RestoreUnlearnedTests {
    /// Makes rows of a table unreadable.
    private static func spoil<Key, Row>(_ table: Table<Key, Row>, _ keys: [UInt8]..., in transaction: borrowing WriteTransaction) throws {
        for key in keys { try transaction.put(Table<[UInt8], BytesRow>(table.name, slot: table.slot), key, BytesRow([0])) }
    }

    private static func place(_ key: Minted) -> [UInt8] { OwnedKey(key.record.orgId, key.record.id).storeBytes }

    private static func ruin(_ old: Scratch) throws {
        try Data("not a store at all, but long enough to be taken for one".utf8).write(to: URL(filePath: old.store + "/data.mdb"))
    }

    @Test("of a store that is no store any more is refused, unless the operator says that it may be so; then all of it is listed")
    func unreadable() async throws {
        let install = try Install.prepared()
        let key = try await install.key(["*"], name: "a")
        let backup = try await install.backup()
        let last = try #require(try install.audit().last?.seq)
        let kids = try [install.signer.kid, install.standby.kid]
        await #expect(throws: BackupError(.refused, "")) { try await Restored.of(install, backup, damaging: Self.ruin) }
        let copy = try Install(at: Scratch())
        let restored = try await Restored.of(copy, backup, goesWithoutMerge: true) { old in
            try FileManager.default.removeItem(atPath: old.masterKey)
            try FileManager.default.copyItem(atPath: install.scratch.masterKey, toPath: old.masterKey)
            try Self.ruin(old)
        }
        #expect(restored.report.notMerged?.contains("can't be read") == true)
        #expect(restored.report.auditSequence == last + RestoreMerge.gap)
        #expect(restored.report.unknownAPIKeys.first.map(\.id) == [key.record.id])
        #expect(restored.report.unknownSigningKeys.first.map(\.kid).sorted() == kids.sorted())
        let entry = try #require(try restored.install.audit().last { $0.action == .backupRestored })
        #expect(
            entry.metadata["unknownSigningKeys"] == "2" && entry.metadata["unknownAPIKeys"] == "1" && entry.metadata["merged"] == "false")
    }

    @Test("of a store whose install can't be read is refused in the same way")
    func noInstall() async throws {
        let install = try Install.prepared()
        let backup = try await install.backup()
        await #expect(throws: BackupError(.refused, "")) {
            try await Restored.of(install, backup) { old in
                try old.tamper { try Self.spoil(Tables.install, InstallRecord.key.storeBytes, in: $0) }
            }
        }
    }

    @Test("of a store that a newer program wrote is refused, whatever the operator says: what died is in there")
    func newer() async throws {
        let install = try Install.prepared()
        let backup = try await install.backup()
        var refused: BackupError?
        do {
            _ = try await Restored.of(install, backup, goesWithoutMerge: true) { old in
                let schema = Schema(
                    application: "latchkey", version: Tables.version + 1, writer: "latchkey of tomorrow", tables: Tables.all,
                    migrations: [Tables.version: { _ in }])
                try Store.rehearse(directory: old.store, schema: schema) { _, _ in ((), .commit) }
            }
        } catch let error as BackupError {
            refused = error
        }
        #expect(refused?.code == .refused && refused?.message.contains("newer") == true)
    }

    @Test("of a key's record it learns from what authenticates, and from the log")
    func otherTraces() async throws {
        let install = try Install.prepared()
        var keys: [Minted] = []
        for name in ["record", "row", "log", "nothing", "live"] { keys.append(try await install.key(["*"], name: name)) }
        let minted = keys
        let backup = try await install.backup()
        for key in minted.dropLast() { try await install.revoke(key) }
        let hashes = try install.store.read { transaction in
            try minted.map { try #require(try transaction.get(Tables.apiKeyHashes, OwnedKey($0.record.orgId, $0.record.id))).bytes }
        }
        let silenced = [minted[1].record.id, minted[3].record.id]
        let entries = try install.audit(.apiKeyRevoked).filter { silenced.contains($0.metadata["apiKeyId"] ?? "") }
        #expect(entries.count == 2)
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                for key in minted[1...] { try Self.spoil(Tables.apiKeys, Self.place(key), in: transaction) }
                for index in [2, 3] { try Self.spoil(Tables.apiKeysByHash, hashes[index], in: transaction) }
                for entry in entries { try Self.spoil(Tables.audit, entry.seq.storeBytes, in: transaction) }
            }
        }
        for key in minted[..<3] { #expect(await !restored.install.isLive(key), "\(key.record.name)") }
        // Neither its record nor its row nor the log can be read: that one alone is unknown.
        #expect(restored.report.unknownAPIKeys.first.map(\.id) == [minted[3].record.id] && restored.report.revokedAPIKeys == 3)
        #expect(await restored.install.isLive(minted[4]))
    }

    @Test("of an identity's record it learns from what its tokens are judged by")
    func identityRow() async throws {
        let install = try Install.prepared()
        let (known, unknown) = try await (install.identity("known"), install.identity("unknown"))
        let backup = try await install.backup()
        try await install.suspend(known)
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                for record in [known, unknown] {
                    try Self.spoil(Tables.identities, OwnedKey(record.orgId, record.id).storeBytes, in: transaction)
                }
            }
        }
        #expect(try restored.install.shown(known).status == .suspended)
        #expect(restored.report.suspendedIdentities == 1 && restored.report.unknownIdentities.first == [unknown.id])
    }

    @Test("of a sub-agent of which nothing is left it learns from those that it came from")
    func subAgents() async throws {
        let install = try Install.prepared()
        let family = try await install.family()
        let backup = try await install.backup()
        try await install.suspend(family.a)
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                for record in [family.b, family.c] {
                    try Self.spoil(Tables.identities, OwnedKey(record.orgId, record.id).storeBytes, in: transaction)
                    try Self.spoil(Tables.identityLiveness, record.id.storeBytes, in: transaction)
                }
            }
        }
        for record in family.records { #expect(try restored.install.shown(record).status == .suspended) }
        #expect(try restored.install.shown(family.c).suspendReason == "parent_suspended")
        #expect(restored.report.suspendedIdentities == 3)
    }

    @Test("of a self-service key of which nothing is left it learns from its identity: what acts as one dies with it")
    func selfServiceKey() async throws {
        let install = try Install.prepared()
        let family = try await install.family()
        let own = try await install.selfService(by: install.caller(family.pairs[0]))
        let backup = try await install.backup()
        try await Fate.retire.meet(family.a.id, in: install)
        let hash = try install.store.read { try #require(try $0.get(Tables.apiKeyHashes, OwnedKey(own.record.orgId, own.record.id))).bytes }
        let entries = try install.audit(.apiKeyRevoked)
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                try Self.spoil(Tables.apiKeys, Self.place(own), in: transaction)
                try Self.spoil(Tables.apiKeysByHash, hash, in: transaction)
                for entry in entries { try Self.spoil(Tables.audit, entry.seq.storeBytes, in: transaction) }
            }
        }
        #expect(!entries.isEmpty)
        #expect(await !restored.install.isLive(own))
        #expect(try restored.install.shown(own).revokeReason == "identity_retired")
        #expect(restored.report.revokedAPIKeys == 1)
    }

    /// Whatever of a revoked signing key's traces is left, it is dead: its record, the mark of the revocation, the log.
    @Test("of a signing key is told: one that was revoked signs no more while any trace of that is left", arguments: [0, 1, 2, 3])
    func signingKey(lost: Int) async throws {
        let install = try Install.prepared()
        let (first, second) = try (install.signer.kid, install.standby.kid)
        let backup = try await install.backup()
        _ = try await install.authority.revokeKey(first, reason: "copied", by: install.admin)
        let entry = try #require(try install.audit(.keyRevoked).first)
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                if lost > 0 { try Self.spoil(Tables.signingKeys, first.storeBytes, in: transaction) }
                if lost > 1 { try transaction.delete(Tables.signer, SignerRow.revoked(first)) }
                if lost > 2 { try Self.spoil(Tables.audit, entry.seq.storeBytes, in: transaction) }
            }
        }
        let now = restored.install
        if lost < 3 {
            #expect(try now.record(first).state == .revoked && now.record(first).sealedPrivateKey == nil)
            #expect(try !now.served.contains(first) && now.signer.kid == second)
            #expect(restored.report.unknownSigningKeys.count == 0)
        } else {
            #expect(restored.report.unknownSigningKeys.first.map(\.kid) == [first])
            let told = try #require(try now.audit(.backupRestored).last)
            #expect(told.metadata["unknownSigningKeys"] == "1")
        }
    }

    @Test("of a signing key whose record and whose entry are lost: the mark of its revocation is enough")
    func markAlone() async throws {
        let install = try Install.prepared()
        let (first, second) = try (install.signer.kid, install.standby.kid)
        let backup = try await install.backup()
        _ = try await install.authority.revokeKey(first, reason: "copied", by: install.admin)
        let entry = try #require(try install.audit(.keyRevoked).first)
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                try Self.spoil(Tables.signingKeys, first.storeBytes, in: transaction)
                try Self.spoil(Tables.audit, entry.seq.storeBytes, in: transaction)
            }
        }
        let now = restored.install
        #expect(try now.record(first).state == .revoked && now.record(first).sealedPrivateKey == nil)
        #expect(try !now.served.contains(first) && now.signer.kid == second)
        #expect(restored.report.unknownSigningKeys.count == 0)
    }

    @Test("of a signing key whose record is lost: its retirement is in the log")
    func retiredKey() async throws {
        let install = try Install.prepared()
        let first = try install.signer.kid
        let backup = try await install.backup()
        _ = try await install.authority.rotateKeys(now: true, by: install.admin)
        install.clock.advance(seconds: 90 * 86_400)
        try await install.tend()
        #expect(try install.record(first).state == .retired)
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { try Self.spoil(Tables.signingKeys, first.storeBytes, in: $0) }
        }
        #expect(try restored.install.record(first).state == .retired)
        #expect(!restored.report.unknownSigningKeys.first.contains { $0.kid == first })
    }

    @Test("of a cutover is told: a secret that was purged since is back when the row is lost")
    func cutover() async throws {
        let install = try Install.prepared()
        try await install.reach(.sunset)
        let backup = try await install.backup()
        try await install.reach(.purged)
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { try Self.spoil(Tables.cutover, CutoverRecord.key.storeBytes, in: $0) }
        }
        #expect(restored.report.unknownCutover == "sunset")
        #expect(try restored.install.audit(.backupRestored).last?.metadata["unknownCutover"] == "sunset")
    }

    @Test("is never mistaken for a first start: the restored store is known as one before any daemon has opened it")
    func remembered() async throws {
        let install = try Install.prepared()
        let backup = try await install.backup()
        let old = await install.closed()
        let (scratch, content) = try install.unpacked(backup)
        _ = try RestoreMerge(
            restored: scratch.store, replaced: old.store, notMerged: nil, program: "latchkey test", madeAt: content.header.madeAt,
            keptAs: nil,
            allowsOtherInstall: false, userId: 7
        ).run(at: install.clock.now())
        unlink(scratch.store + "/data.mdb")
        #expect(throws: StoreError.self) { try Install(at: scratch, clock: install.clock) }
    }
}
