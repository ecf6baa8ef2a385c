@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Checkpoints of the audit log")
struct CheckpointMakingTests {
    private func sizes(_ install: Install) throws -> [UInt64] {
        try install.store.read { transaction in
            var sizes: [UInt64] = []
            try transaction.scanKeys(Tables.checkpoints, limit: .max) { size in
                sizes.append(size)
                return true
            }
            return sizes
        }
    }

    @Test("are signed after so many entries, so long after the first that none covers, and when a head is asked for")
    func due() async throws {
        let install = try Install {
            $0.auditCheckpointEntries = 50
            $0.auditCheckpointMinutes = 60
        }
        let first = try install.logSize
        await install.authority.upkeep()
        #expect(try sizes(install) == [])
        install.clock.advance(seconds: 3599)
        try await install.fillLog(10)
        await install.authority.upkeep()
        #expect(try sizes(install) == [])
        // The hour counts from the oldest entry.
        install.clock.advance(seconds: 1)
        await install.authority.upkeep()
        #expect(try sizes(install) == [first + 10])
        install.clock.advance(seconds: 86_400)
        await install.authority.upkeep()
        #expect(try sizes(install) == [first + 10])
        try await install.fillLog(49)
        await install.authority.upkeep()
        #expect(try sizes(install) == [first + 10])
        try await install.fillLog(1)
        await install.authority.upkeep()
        #expect(try sizes(install) == [first + 10, first + 60])
        try await install.fillLog(1)
        let head = try await install.head()
        #expect(head.size == first + 61)
        #expect(try sizes(install) == [first + 10, first + 60, first + 61])
        // Nothing is written for what was signed already.
        let batches = install.store.statistics.batches
        #expect(try await install.head() == head)
        #expect(install.store.statistics.batches == batches)
    }

    @Test("are not made by number or time that is turned off")
    func off() async throws {
        let install = try Install {
            $0.auditCheckpointEntries = 0
            $0.auditCheckpointMinutes = 0
        }
        try await install.fillLog(3000)
        install.clock.advance(seconds: 30 * 86_400)
        await install.authority.upkeep()
        #expect(try sizes(install) == [])
    }

    @Test("are signed by the anchor of their time, over the root of their size")
    func signed() async throws {
        let install = try Install()
        let old = try install.anchor
        let early = try await install.authority.auditHead(by: install.admin)
        try early.checkpoint.check(old)
        let new = try await install.authority.succeedAnchor(by: install.admin).current
        let late = try await install.authority.auditHead(by: install.admin)
        try late.checkpoint.check(new)
        #expect(throws: LogError(.anchor, "")) { try late.checkpoint.check(old) }
        // A proof leads from either to the one that signed it.
        let proof = try await install.authority.auditProof(of: 1, by: install.admin)
        try proof.check(old)
        try proof.check(new)
        #expect(try InclusionProof(reading: proof.file) == proof)
        let alone = InclusionProof(leaf: proof.leaf, entry: proof.entry, path: proof.path, checkpoint: proof.checkpoint)
        #expect(throws: LogError(.anchor, "")) { try alone.check(old) }
        let stranger = try TrustAnchor(Ed25519PrivateKey.generate().publicKey)
        #expect(throws: LogError(.anchor, "")) { try proof.check(stranger) }
        let scratch = await install.closed()
        #expect(try scratch.examineLog(heads: [early.checkpoint.head, late.checkpoint.head]).isGood)
        // From the old one on all are known; who knows the new one alone can't tell who signed the early ones.
        let all = try scratch.examineLog(anchors: [old])
        #expect(all.isGood && all.strangers == 0)
        let report = try scratch.examineLog(anchors: [new])
        #expect(report.isGood && report.strangers == 1)
        #expect(try scratch.check().isSound)
    }

    @Test("of an anchor that another had followed by then are nobody's word, whoever has its private half")
    func afterSuccession() async throws {
        let install = try Install()
        let old = try install.anchor
        let key = try install.store.read { try install.authority.anchorKey(in: $0).key }
        try await install.fillLog(5)
        let size = try install.logSize
        _ = try await install.authority.succeedAnchor(by: install.admin)
        try await install.fillLog(5)
        let scratch = await install.closed()
        func put(_ size: UInt64) throws {
            try scratch.tamper { transaction in
                let install = try transaction.get(Tables.install, InstallRecord.key)!.id
                let root = try AuditLog.root(size, in: transaction)
                let checkpoint = try Checkpoint(install: install, size: size, root: root, anchor: old) { try key.sign($0) }
                try transaction.put(Tables.checkpoints, size, CheckpointRow(checkpoint))
            }
        }
        // Up to the entry that tells of the succession it was its to sign.
        try put(size)
        #expect(try scratch.examineLog(anchors: [old]).isGood && scratch.examineLog(anchors: []).isGood)
        try put(size + 1)
        let told = ["checkpointAnchor(size: \(size + 1)) leaf \(size) seq -"]
        #expect(try scratch.examineLog(anchors: [old]).told == told && scratch.examineLog(anchors: []).told == told)
    }

    @Test("are signed by no anchor that was succeeded before their commit")
    func succeededMeanwhile() async throws {
        let install = try Install()
        let old = try install.anchor
        let store = install.store
        let gate = Gate()
        let blocker = Task { try await store.write { _ in gate.pass() } }
        await gate.waitForEntry()
        let succession = Task { try await install.authority.succeedAnchor(by: install.admin).current }
        while store.statistics.waiting < 1 { await Task.yield() }
        // It is signed while the old anchor is the install's, and waits behind the succession.
        let head = Task { try await install.authority.auditHead(by: install.admin) }
        while store.statistics.waiting < 2 { await Task.yield() }
        gate.open()
        try await blocker.value
        let new = try await succession.value
        let given = try await head.value
        #expect(given.anchor == new && given.checkpoint.isSigned(by: new) && !given.checkpoint.isSigned(by: old))
        #expect(try sizes(install) == [given.checkpoint.size])
        #expect(try given.checkpoint.size == install.logSize)
    }

    @Test("of a log that is signed for need no private half; a new one does, and is refused without it")
    func sealed() async throws {
        let install = try Install()
        let head = try await install.head()
        let scratch = await install.closed()
        let moved = try Install(at: scratch, masterKey: .file(scratch.path + "/nowhere.key"))
        #expect(try await moved.head() == head)
        try await moved.fillLog(1)
        #expect(await refusal { try await moved.head() }?.code == .signingUnavailable)
        await moved.authority.upkeep()
    }

    @Test("cover every entry's proof; another organisation's entry is not found")
    func proofs() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        try await install.randomLog(40, organisations: [install.authority.firstOrganisation, other.principal.organisation, ""])
        let anchor = try install.anchor
        for record in try install.audit() {
            let isTheirs = record.orgId == other.principal.organisation
            let reader = try isTheirs ? other : install.admin
            let proof = try await install.authority.auditProof(of: record.seq, by: reader)
            try proof.check(anchor)
            #expect(proof.entry == record.json())
            if !record.orgId.isEmpty {
                let stranger = try isTheirs ? install.admin : other
                let code = await refusal { try await install.authority.auditProof(of: record.seq, by: stranger) }?.code
                #expect(code == .auditEntryNotFound)
            }
            let again = try InclusionProof(reading: proof.file)
            #expect(again == proof)
        }
        #expect(await refusal { try await install.authority.auditProof(of: 1_000_000, by: install.admin) }?.code == .auditEntryNotFound)
        // One checkpoint did for all of them.
        #expect(try sizes(install).count == 1)
    }
}
