@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A restore and the audit log's tree:")
struct AuditRestoreTests {
    @Test(
        "what was written down since the backup still holds: the log goes on with the same leaves, also of entries that retention removed")
    func goesOn() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        try await install.fillLog(30)
        let early = try await install.head()
        let backup = try await install.backup()
        try await install.fillLog(300, "after")
        let middle = try await install.head()
        install.clock.advance(seconds: 2 * 86_400)
        try await install.fillLog(10, "late")
        while await install.authority.removeOldAuditEntries() {}
        let (late, anchor) = try await (install.head(), install.anchor)
        let restored = try await Restored.of(install, backup)
        #expect(restored.report.logGoesOn && restored.report.auditEntries == 10 && restored.report.lostAuditEntries == 0)
        let proof = try await restored.install.authority.auditProof(of: late.size, by: restored.install.admin)
        try proof.check(anchor)
        let report = try await restored.install.closed().examineLog(heads: [early, middle, late])
        #expect(report.isGood && report.outcomes == [.extended, .extended, .extended], "\(report.told)")
        #expect(report.checkpoints >= 3)
    }

    @Test("entries that were deleted from the replaced store keep their leaves, and the log says how many there were")
    func lost() async throws {
        let install = try Install()
        let backup = try await install.backup()
        try await install.fillLog(20)
        let head = try await install.head()
        let last = try #require(try install.audit().last?.seq)
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { for sequence in (last - 9)...(last - 5) { try $0.delete(Tables.audit, sequence) } }
        }
        #expect(restored.report.lostAuditEntries == 5 && restored.report.logGoesOn)
        #expect(try restored.install.audit(.backupRestored).last?.metadata["lostEntries"] == "5")
        let report = try await restored.install.closed().examineLog(heads: [head])
        #expect(report.isGood && report.removed == 0 && report.lost == 5)
        #expect(report.absent.map(\.first) == [last - 10] && report.absent.map(\.last) == [last - 6])
    }

    @Test("an entry that was edited in the replaced store comes along as it is, and the head that was written down tells")
    func edited() async throws {
        let install = try Install()
        let backup = try await install.backup()
        try await install.fillLog(20)
        let head = try await install.head()
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                let entry = try transaction.get(Tables.audit, 15)!
                let text = String(decoding: entry.json, as: UTF8.self).replacing("\"actor\":\"system\"", with: "\"actor\":\"nobody\"")
                try transaction.put(Tables.audit, 15, AuditEntry(stored: Array(text.utf8)))
            }
        }
        #expect(!restored.report.logGoesOn)
        #expect(try restored.install.audit().first { $0.seq == 15 }?.actor == "nobody")
        let report = try await restored.install.closed().examineLog(heads: [head])
        #expect(report.total == 0 && report.outcomes == [.rewritten])
    }

    @Test("checkpoints that no anchor of the install signed, or that tell of another log, stay behind")
    func forgedCheckpoints() async throws {
        let install = try Install()
        let backup = try await install.backup()
        try await install.fillLog(20)
        let head = try await install.head()
        let (root, anchor) = try install.store.read { transaction in
            (try AuditLog.root(head.size - 5, in: transaction), try install.authority.anchorKey(in: transaction).key)
        }
        let thief = try Ed25519PrivateKey.generate()
        let id = install.authority.install.id
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                // A stranger's over the log as it was, and the anchor's own over leaves that never were.
                for (size, signer) in [(head.size - 5, thief), (head.size - 6, anchor)] {
                    let checkpoint = try Checkpoint(
                        install: id, size: size, root: root, anchor: TrustAnchor(signer.publicKey), sign: { try signer.sign($0) })
                    try transaction.put(Tables.checkpoints, size, CheckpointRow(checkpoint))
                }
            }
        }
        #expect(try restored.report.logGoesOn && restored.install.counts()["checkpoints"] == 1)
        let report = try await restored.install.closed().examineLog(heads: [head])
        #expect(report.isGood && report.checkpoints == 1, "\(report.told)")
    }

    @Test("entries of an organisation whose record is lost stay behind, and their leaves come along")
    func lostOrganisation() async throws {
        let install = try Install()
        let backup = try await install.backup()
        let other = try await install.otherOrganisation().principal.organisation
        try await install.randomLog(20, organisations: [other, ""])
        let head = try await install.head()
        let told = try install.audit().filter { $0.orgId == other }.count
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { transaction in
                let raw = Table<[UInt8], BytesRow>(Tables.organisations.name, slot: Tables.organisations.slot)
                try transaction.put(raw, other.storeBytes, BytesRow([0]))
            }
        }
        #expect(told > 0 && restored.report.lostAuditEntries == told && restored.report.logGoesOn)
        #expect(try restored.install.audit().allSatisfy { $0.orgId != other })
        let report = try await restored.install.closed().examineLog(heads: [head])
        #expect(report.isGood && report.lost == UInt64(told), "\(report.told)")
    }

    @Test("where the replaced log had gone its own way its further entries come along, and the report says that heads do not hold")
    func ownWay() async throws {
        let install = try Install()
        let copy = try install.scratch.copied()
        try await install.fillLog(5, "one life")
        let backup = try await install.backup()
        await install.authority.close()
        let other = try Install(at: copy, clock: install.clock)
        try await other.fillLog(12, "another")
        let restored = try await Restored.of(other, backup)
        #expect(!restored.report.logGoesOn && restored.report.auditEntries > 0)
        #expect(try restored.install.audit(.backupRestored).last?.metadata["logGoesOn"] == "false")
        #expect(try await restored.install.closed().examineLog().isGood)
    }
}
