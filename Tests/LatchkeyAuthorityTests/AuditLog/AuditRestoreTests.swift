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
        let notes = try install.audit(.auditRemoved).count
        let restored = try await Restored.of(install, backup)
        #expect(restored.report.logGoesOn && restored.report.auditEntries == 10 + notes && restored.report.lostAuditEntries == 0)
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

    @Test("what retention removed of an organisation that is lost with the replaced store is told by the restore")
    func orphans() async throws {
        let install = try Install()
        let backup = try await install.backup()
        let other = try await install.otherOrganisation()
        var change = OrganisationChange()
        change.auditRetentionDays = 1
        _ = try await install.authority.updateOrganisation(change, by: other)
        let (draft, now) = (AuditDraft(.tokenIssued, actor: "a", organisation: other.principal.organisation), install.clock.now())
        try await install.log((0..<20).map { _ in (draft, now) })
        install.clock.advance(seconds: 2 * 86_400)
        while await install.authority.removeOldAuditEntries() {}
        try await install.fillLog(5)
        let head = try await install.head()
        let gone = try #require(install.audit(.auditRemoved).last)
        let organisation = other.principal.organisation
        #expect(gone.orgId == organisation)
        let restored = try await Restored.of(install, backup) { old in try old.tamper { try $0.delete(Tables.organisations, organisation) }
        }
        #expect(restored.report.logGoesOn && restored.report.lostAuditEntries == 1)
        let note = try #require(restored.install.audit(.auditRemoved).last)
        #expect(note.metadata["reason"] == "restored" && note.orgId == restored.install.authority.firstOrganisation)
        let told = try #require(LeafRanges(note.metadata["leaves"] ?? ""))
        #expect(told.count == UInt64(gone.metadata["count"] ?? "").map { $0 + 1 })
        let report = try await restored.install.closed().examineLog(heads: [head])
        #expect(report.isGood && report.outcomes == [.extended], "\(report.told)")
        #expect(report.lost == 1 && report.removed + 1 == told.count)
    }

    @Test("what somebody had deleted and marked as removed before the restore is not told by it, and stays a fault")
    func notLaundered() async throws {
        let install = try Install()
        let backup = try await install.backup()
        try await install.fillLog(20)
        let last = try #require(try install.audit().last?.seq)
        let restored = try await Restored.of(install, backup, expecting: 1) { old in
            try old.tamper { transaction in
                try transaction.delete(Tables.audit, last - 3)
                try AuditLog.noteRemoved([last - 3], in: transaction)
            }
        }
        #expect(restored.report.logFaults == 1 && restored.report.logFault?.contains("no entry of the log tells") == true)
        let report = try await restored.install.closed().examineLog()
        #expect(report.told == ["untold leaf \(last - 4) seq \(last - 3)"])
    }

    @Test("a backup whose log is damaged is restored all the same, and where it is stays told")
    func damaged() async throws {
        let install = try Install()
        try await install.fillLog(20)
        let head = try await install.head()
        let backup = try await install.backup()
        let restored = try await Restored.of(
            install, backup, expecting: 2,
            spoiling: { new in
                try new.tamper { transaction in
                    try transaction.delete(Tables.audit, 7)
                    try transaction.put(Tables.audit, 9, transaction.get(Tables.audit, 10)!)
                }
                // The drill tells it, too, and it is no reason to be without a service.
                let drill = try await Drill.run(directory: new.store, masterKey: nil, program: "latchkey test", clock: install.clock)
                #expect(!drill.isPassed && drill.isUsable)
            })
        #expect(!restored.report.logBegunAnew && restored.report.logFaults > 0 && restored.report.logFault?.contains("7") == true)
        #expect(try restored.install.audit(.backupRestored).last?.metadata["logFaults"] != nil)
        _ = try await restored.install.identity()
        let report = try await restored.install.closed().examineLog(heads: [head])
        #expect(report.told == ["missing leaf 6 seq 7", "changed leaf 8 seq 9"] && report.outcomes == [.extended])
    }

    @Test("where no entry could be added to the backup's tree it is made anew, which is told, and what was written down of it still tells")
    func begunAnew() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        var change = OrganisationChange()
        change.auditRetentionDays = 1
        _ = try await install.authority.updateOrganisation(change, by: other)
        let (draft, now) = (AuditDraft(.tokenIssued, actor: "a", organisation: other.principal.organisation), install.clock.now())
        try await install.log((0..<20).map { _ in (draft, now) })
        try await install.fillLog(100)
        install.clock.advance(seconds: 2 * 86_400)
        while await install.authority.removeOldAuditEntries() {}
        let head = try await install.head()
        let backup = try await install.backup()
        let key = try MasterKey.read(.file(install.scratch.masterKey))
        let restored = try await Restored.of(
            install, backup, readsReplaced: false,
            spoiling: { new in
                try new.tamper { transaction in
                    let peak = MerkleTree.peaks(try AuditLog.size(in: transaction))[0]
                    try transaction.delete(Tables.auditTree, peak.position)
                }
                let copy = try new.copied()
                let drill = try await Drill.run(
                    directory: copy.store, masterKey: key, program: "latchkey test", clock: install.clock)
                #expect(!drill.isPassed && drill.isUsable && drill.tokenAlgorithm == "RS256")
            })
        #expect(restored.report.logBegunAnew)
        #expect(try restored.install.audit(.backupRestored).last?.metadata["logBegunAnew"] == "true")
        let entries = try restored.install.audit()
        _ = try await restored.install.identity()
        _ = try await restored.install.head()
        // Notes of the tree that is gone name leaves of this one: nobody may hide behind them.
        let old = try #require(entries.first { $0.action == .auditRemoved }?.metadata["leaves"])
        let leaf = try #require(LeafRanges(old)?.ranges.last?.upperBound)
        let scratch = await restored.install.closed()
        let report = try scratch.examineLog(heads: [head])
        #expect(report.total == 0 && report.genesis?.leaves == UInt64(entries.count - 1) && report.outcomes != [.extended])
        try scratch.tamper { transaction in
            let sequence = try #require(try AuditLog.sequence(ofLeaf: leaf, in: transaction))
            try transaction.delete(Tables.audit, sequence)
            try AuditLog.noteRemoved([sequence], in: transaction)
        }
        let told = try scratch.examineLog().told
        #expect(told.count == 1 && told.first?.hasPrefix("untold leaf \(leaf) seq") == true, "\(told)")
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
