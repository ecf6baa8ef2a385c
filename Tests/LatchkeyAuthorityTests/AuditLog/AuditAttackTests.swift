import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// Somebody can write the store's file while the daemon is stopped.
@Suite("An audit log that was tampered with tells where:")
struct AuditAttackTests {
    /// A log with checkpoints over 40 and 50 of its 64 entries, and two heads that were written down: over 40, and over all.
    private struct Site {
        let scratch: Scratch
        let early: LogHead
        let head: LogHead
        let anchor: TrustAnchor
        /// Opens the anchor's private half: what an attacker has who was on the host.
        let key: Ed25519PrivateKey

        static let first = Task<Site, any Error> {
            let install = try Install()
            try await install.fillLog(40 - Int(install.logSize), "first")
            let early = try await install.head()
            try await install.fillLog(10, "second")
            _ = try await install.head()
            try await install.fillLog(14, "third")
            let anchor = try install.anchor
            let (root, key) = try install.store.read { transaction in
                (try AuditLog.root(64, in: transaction), try install.authority.anchorKey(in: transaction).key)
            }
            return Site(
                scratch: await install.closed(), early: early, head: LogHead(size: 64, root: root), anchor: anchor, key: key)
        }

        static func made() async throws -> Site {
            let site = try await first.value
            return Site(
                scratch: try site.scratch.copied(), early: site.early, head: site.head, anchor: site.anchor, key: site.key)
        }

        func report(heads: [LogHead]? = nil) throws -> LogReport {
            let report = try scratch.examineLog(heads: heads ?? [early, head], anchors: [anchor])
            // What the operator's other commands look at tells the same.
            #expect(try scratch.check().isSound == (report.total == 0))
            return report
        }
    }

    private static func forged(_ sequence: UInt64, in transaction: borrowing WriteTransaction) throws -> AuditEntry {
        let entry = try transaction.get(Tables.audit, sequence)!
        let text = String(decoding: entry.json, as: UTF8.self).replacing("\"actor\":\"", with: "\"actor\":\"not-")
        return AuditEntry(stored: Array(text.utf8))
    }

    /// The tree made anew over whatever entries there are, as if it had always been so.
    private static func replant(_ transaction: borrowing WriteTransaction) throws {
        var positions: [UInt64] = []
        try transaction.scanKeys(Tables.auditTree, limit: .max) { position in
            positions.append(position)
            return true
        }
        let span = try transaction.get(Tables.auditLog, 0)!
        for position in positions { try transaction.delete(Tables.auditTree, position) }
        try transaction.delete(Tables.auditLog, 0)
        try AuditLog.plant(at: span.at, in: transaction)
        try transaction.put(Tables.auditLog, 0, span)
    }

    /// Takes entries from a leaf on away, with their leaves, and everything that tells of them.
    private static func cut(from leaf: UInt64, _ transaction: borrowing WriteTransaction) throws {
        for sequence in (leaf + 1)...64 {
            for key in AuditIndex.keys(of: try transaction.get(Tables.audit, sequence)!.record()) {
                try transaction.delete(Tables.auditIndex, key)
            }
            try transaction.delete(Tables.audit, sequence)
        }
        for position in MerkleTree.nodeCount(leaf)..<MerkleTree.nodeCount(64) { try transaction.delete(Tables.auditTree, position) }
    }

    @Test("nothing, when nothing was done")
    func untouched() async throws {
        let site = try await Site.made()
        let report = try site.report()
        #expect(report.isGood && report.size == 64 && report.checkpoints == 2 && report.outcomes == [.extended, .extended])
        #expect(report.head == site.head)
    }

    @Test("an entry that was edited", arguments: [1, 13, 40, 64] as [UInt64])
    func edited(_ sequence: UInt64) async throws {
        let site = try await Site.made()
        try site.scratch.tamper { try $0.put(Tables.audit, sequence, Self.forged(sequence, in: $0)) }
        let report = try site.report()
        #expect(report.told == ["changed leaf \(sequence - 1) seq \(sequence)"])
        #expect(
            report.faults.first?.sentence
                == "the audit entry \(sequence) (leaf \(sequence - 1)) is not the one that was hashed when it was written")
    }

    @Test("an entry that was edited together with its leaf: the first node over it")
    func editedLeaf() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            let entry = try Self.forged(14, in: transaction)
            try transaction.put(Tables.audit, 14, entry)
            try transaction.put(Tables.auditTree, MerkleTree.position(ofLeaf: 13), TreeHashRow(MerkleTree.leafHash(entry.json)))
        }
        let report = try site.report()
        #expect(report.told.filter { $0.hasPrefix("node") } == ["node(level: 1) leaf 13 seq 14"])
        #expect(report.faults.first?.sentence.contains("the node over leaves 12 to 13") == true)
        #expect(report.outcomes == [.rewritten, .rewritten])
    }

    @Test("an entry that was edited, and the whole tree made anew: between the checkpoints that it lies between")
    func editedAll() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            try transaction.put(Tables.audit, 45, Self.forged(45, in: transaction))
            try Self.replant(transaction)
        }
        let report = try site.report()
        #expect(report.told == ["checkpointRoot(size: 50, good: 40) leaf 49 seq -"])
        #expect(report.faults.first?.sentence.contains("from leaf 40 up to leaf 49") == true)
        #expect(report.outcomes == [.extended, .rewritten])
    }

    @Test("an entry that was deleted, alone or with what lists it", arguments: [false, true])
    func deleted(_ withLists: Bool) async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            if withLists {
                for key in AuditIndex.keys(of: try transaction.get(Tables.audit, 30)!.record()) {
                    try transaction.delete(Tables.auditIndex, key)
                }
            }
            try transaction.delete(Tables.audit, 30)
        }
        #expect(try site.report().told == ["missing leaf 29 seq 30"])
    }

    @Test(
        "an entry that was deleted and marked as removed by retention, or as lost before a restore: no entry tells of it",
        arguments: [(RemovedLeavesRow.Absence.removed, 30), (.lost, 1), (.removed, 64)] as [(RemovedLeavesRow.Absence, UInt64)])
    func hidden(_ absence: RemovedLeavesRow.Absence, _ sequence: UInt64) async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            for key in AuditIndex.keys(of: try transaction.get(Tables.audit, sequence)!.record()) {
                try transaction.delete(Tables.auditIndex, key)
            }
            try transaction.delete(Tables.audit, sequence)
            try AuditLog.noteRemoved([sequence], absence, in: transaction)
        }
        let report = try site.report()
        #expect(report.told == ["untold leaf \(sequence - 1) seq \(sequence)"] && report.outcomes == [.extended, .extended])
        #expect(
            report.faults.first?.sentence
                == "the audit entry \(sequence) (leaf \(sequence - 1)) is gone, and no entry of the log tells that it was removed")
        #expect(report.removed == 0 && report.lost == 0 && report.absent == [])
    }

    @Test("something that lies in the tree and is no hash of it, at its end, within it and before it; the log goes on all the same")
    func misplaced() async throws {
        let within = MerkleTree.position(ofLeaf: 20).storeBytes + [0]
        for (key, leaf) in [(within, 20), ([0, 0, 0, 0, 0, 0, 1], 63), ([0], 0)] as [([UInt8], Int)] {
            let site = try await Site.made()
            try site.scratch.tamper { try $0.put(AuditLog.raw, key, BytesRow([1, 2, 3])) }
            let report = try site.report()
            #expect(report.told == ["misplaced leaf \(leaf) seq -"] && report.outcomes == [.extended, .extended])
            let install = try Install(at: site.scratch)
            try await install.fillLog(3)
            #expect(try install.logSize == 67)
        }
    }

    @Test("nothing, where a first start was killed before there was a log: that is what is said")
    func unfinished() throws {
        let scratch = Scratch()
        try FileManager.default.createDirectory(atPath: scratch.store, withIntermediateDirectories: false)
        try Store.open(directory: scratch.store, schema: Tables.schema(writer: "latchkey test")).close()
        let error = #expect(throws: StoreError.self) {
            try AuditLogCheck.run(directory: scratch.store, heads: [], anchors: [], program: "latchkey test")
        }
        #expect(error?.message.contains("first start") == true && error?.message.contains("restore") == false)
    }

    @Test("an entry that was deleted, and the tree made anew without it: between the checkpoints")
    func deletedAll() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            try transaction.delete(Tables.audit, 30)
            try Self.replant(transaction)
        }
        let report = try site.report()
        #expect(report.told.contains("checkpointRoot(size: 40, good: 0) leaf 39 seq -"))
        #expect(report.outcomes == [.rewritten, .beyond(size: 63)])
    }

    @Test("an entry that was put in: at the end, and where no number was given")
    func inserted() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            let entry = try Self.forged(30, in: transaction)
            try transaction.put(Tables.audit, 65, entry)
            try transaction.put(Tables.audit, 0, entry)
        }
        let report = try site.report()
        #expect(report.told == ["stray leaf - seq 0", "stray leaf - seq 65"])
        #expect(report.outcomes == [.extended, .extended])
    }

    @Test("an entry that was put in between, and the tree made anew: between the checkpoints")
    func insertedAll() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            for sequence in (43...64).reversed() as ReversedCollection<ClosedRange<UInt64>> {
                try transaction.put(Tables.audit, sequence + 1, transaction.get(Tables.audit, sequence)!)
            }
            try transaction.put(Tables.audit, 43, Self.forged(43, in: transaction))
            try Self.replant(transaction)
        }
        let report = try site.report()
        #expect(report.told.contains("checkpointRoot(size: 50, good: 40) leaf 49 seq -"))
        #expect(report.outcomes == [.extended, .rewritten])
    }

    @Test("two entries that changed places")
    func swapped() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            let (a, b) = (try transaction.get(Tables.audit, 20)!, try transaction.get(Tables.audit, 33)!)
            try transaction.put(Tables.audit, 20, b)
            try transaction.put(Tables.audit, 33, a)
        }
        #expect(try site.report().told == ["changed leaf 19 seq 20", "changed leaf 32 seq 33"])
    }

    @Test("a tail that was cut off: before which leaf, by a checkpoint, and by the head that was written down")
    func truncated() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { try Self.cut(from: 45, $0) }
        let report = try site.report()
        #expect(report.told == ["truncated(size: 50) leaf 45 seq -"])
        #expect(report.outcomes == [.extended, .beyond(size: 45)])
        #expect(report.headSentences.first?.contains("ends before leaf 45") == true)
    }

    @Test("a tail that was cut off behind the last checkpoint: by the head alone")
    func truncatedLate() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { try Self.cut(from: 52, $0) }
        let report = try site.report()
        #expect(report.total == 0 && report.outcomes == [.extended, .beyond(size: 52)] && !report.isGood)
        #expect(try site.report(heads: []).isGood, "without a head nobody can tell")
    }

    @Test("entries that were cut off without care: each of them, or the leaf in which the tree ends")
    func truncatedRoughly() async throws {
        let entries = try await Site.made()
        try entries.scratch.tamper { for sequence in UInt64(60)...64 { try $0.delete(Tables.audit, sequence) } }
        #expect(try entries.report().told == (60...64).map { "missing leaf \($0 - 1) seq \($0)" })
        let node = try await Site.made()
        try node.scratch.tamper { try $0.delete(Tables.auditTree, MerkleTree.nodeCount(64) - 1) }
        let ragged = try node.report()
        #expect(ragged.told == ["ragged leaf 63 seq -", "stray leaf - seq 64"])
        #expect(ragged.faults.first?.sentence == "the log's tree ends in the middle of leaf 63")
    }

    @Test("a tail that was written anew and signed with the anchor's own key: by the head, between the heads that it lies between")
    func rewritten() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            try Self.cut(from: 45, transaction)
            for number in 0..<25 {
                try Authority.append(
                    AuditDraft(.tokenIssued, actor: "forger \(number)", organisation: ""), at: ManualClock.start, in: transaction)
            }
            for size in [50, 70] as [UInt64] {
                let install = try transaction.get(Tables.install, InstallRecord.key)!.id
                let checkpoint = try Checkpoint(
                    install: install, size: size, root: AuditLog.root(size, in: transaction), anchor: site.anchor
                ) { try site.key.sign($0) }
                try transaction.put(Tables.checkpoints, size, CheckpointRow(checkpoint))
            }
        }
        let report = try site.report()
        #expect(report.total == 0 && !report.isGood && report.outcomes == [.extended, .rewritten])
        #expect(report.headSentences.first?.contains("from leaf 40 up to leaf 63") == true)
        #expect(try site.report(heads: []).isGood, "without a head nobody can tell")
    }

    @Test("a whole store that was replaced by an older one, as it was and with new entries after it: by the head")
    func replaced() async throws {
        let install = try Install()
        try await install.fillLog(20)
        let older = try install.scratch.copied()
        let size = try install.logSize
        try await install.fillLog(30)
        let head = try await install.head()
        let report = try older.examineLog(heads: [head])
        #expect(report.total == 0 && report.outcomes == [.beyond(size: size)])
        #expect(report.headSentences.first?.contains("ends before leaf \(size)") == true)
        let again = try Install(at: older, clock: install.clock)
        try await again.fillLog(40, "another life")
        let later = try await again.closed().examineLog(heads: [head])
        #expect(later.total == 0 && later.outcomes == [.rewritten])
    }

    @Test("a node, a numbering, a checkpoint or a note of retention that was changed")
    func others() async throws {
        func told(_ body: (borrowing WriteTransaction) throws -> Void) async throws -> [String] {
            let site = try await Site.made()
            try site.scratch.tamper(body)
            return try site.report().told
        }
        let node = try await told { transaction in
            let place = MerkleTree.Place(level: 3, index: 2)
            let hash = try AuditLog.node(place, in: transaction)
            try transaction.put(Tables.auditTree, place.position, TreeHashRow(TreeHash([hash.bytes[0] ^ 1] + hash.bytes.dropFirst())!))
        }
        #expect(node == ["node(level: 3) leaf 23 seq 24", "node(level: 4) leaf 31 seq 32"])
        let numbering = try await told {
            try $0.put(Tables.auditLog, 9, AuditSpanRow(sequence: 11, origin: .written, at: ManualClock.start))
        }
        #expect(numbering.first == "changed leaf 9 seq 11")
        let checkpoint = try await told { transaction in
            let row = try transaction.get(Tables.checkpoints, 40)!
            var note = String(decoding: row.text, as: UTF8.self)
            // The last digit of the signature but for those that only fill up.
            let place = note.index(note.endIndex, offsetBy: -12)
            note.replaceSubrange(place...place, with: note[place] == "A" ? "B" : "A")
            try transaction.put(
                Table<UInt64, BytesRow>(Tables.checkpoints.name, slot: Tables.checkpoints.slot), 40, BytesRow(Array(note.utf8)))
        }
        #expect(checkpoint == ["checkpointSignature(size: 40) leaf 39 seq -"])
        let retention = try await told { try AuditLog.noteRemoved([30], in: $0) }
        #expect(retention == ["revived leaf 29 seq 30"])
    }

    @Test(
        "a hash far beyond the tree: it is told and looked past, and the daemon says why nothing can be written",
        arguments: [
            1 << 40, 1 << 63, .max,
        ] as [UInt64])
    func farAway(_ position: UInt64) async throws {
        let site = try await Site.made()
        try site.scratch.tamper { try $0.put(Tables.auditTree, position, TreeHashRow(MerkleTree.emptyRoot)) }
        let report = try site.report()
        #expect(report.told == ["ragged leaf 64 seq -"] && report.outcomes == [.extended, .extended])
        let install = try Install(at: site.scratch)
        await #expect(throws: StoreError.self) { try await install.fillLog(1) }
        await install.authority.upkeep()
        #expect(install.authority.services.contains { $0.name == "auditLog" && $0.level == .degraded })
    }

    @Test("checkpoints that somebody else signed, when no anchor is named: by the anchors that the store itself names")
    func forgedCheckpoint() async throws {
        let site = try await Site.made()
        let thief = try Ed25519PrivateKey.generate()
        try site.scratch.tamper { transaction in
            let install = try transaction.get(Tables.install, InstallRecord.key)!.id
            let checkpoint = try Checkpoint(
                install: install, size: 40, root: AuditLog.root(40, in: transaction), anchor: TrustAnchor(thief.publicKey)
            ) { try thief.sign($0) }
            try transaction.put(Tables.checkpoints, 40, CheckpointRow(checkpoint))
        }
        #expect(try site.scratch.examineLog(anchors: []).told == ["checkpointSignature(size: 40) leaf 39 seq -"])
    }

    @Test("a leaf's hash that was deleted, though its entry is there")
    func lostLeaf() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { try $0.delete(Tables.auditTree, MerkleTree.position(ofLeaf: 13)) }
        #expect(try site.report().told == ["noLeaf leaf 13 seq 14"])
    }

    @Test("an entry that was deleted behind the last checkpoint, and the tree made anew without it: by its number, which nobody has")
    func deletedBehind() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            for key in AuditIndex.keys(of: try transaction.get(Tables.audit, 60)!.record()) {
                try transaction.delete(Tables.auditIndex, key)
            }
            try transaction.delete(Tables.audit, 60)
            try Self.replant(transaction)
        }
        #expect(try site.scratch.check().findings.contains { $0.sentence == "the audit entry with the number 60 is not there" })
    }

    @Test("numbers that were given before, and notes of retention about leaves that there never were")
    func impossibleNotes() async throws {
        let numbered = try await Site.made()
        try numbered.scratch.tamper {
            try $0.put(Tables.auditLog, 9, AuditSpanRow(sequence: 5, origin: .written, at: ManualClock.start))
        }
        #expect(
            try numbered.scratch.check().findings.contains {
                $0.sentence == "the entries from leaf 9 on are numbered as those before them are"
            })
        let removed = try await Site.made()
        try removed.scratch.tamper { transaction in
            var row = RemovedLeavesRow()
            row.insert(2 * RemovedLeavesRow.leafCount + 7, .removed)
            try transaction.put(Tables.auditRemoved, 2, row)
        }
        #expect(
            try removed.scratch.check().findings.map(\.sentence) == ["entries are said to have been removed that there never were"])
    }

    @Test("a checkpoint of another install, though this one's anchor signed it")
    func foreignCheckpoint() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            let checkpoint = try Checkpoint(
                install: "inst_of_somebody_else", size: 40, root: AuditLog.root(40, in: transaction), anchor: site.anchor
            ) { try site.key.sign($0) }
            try transaction.put(Tables.checkpoints, 40, CheckpointRow(checkpoint))
        }
        #expect(try site.report().told == ["checkpointForm(size: 40) leaf 39 seq -"])
    }

    @Test("a rewritten log gets no signature of the daemon, which says so, and a checkpoint under another size is no ground for a proof")
    func unsigned() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            try transaction.put(Tables.audit, 45, Self.forged(45, in: transaction))
            try Self.replant(transaction)
        }
        let rewritten = try Install(at: site.scratch)
        #expect(await refusal { try await rewritten.head() }?.code == .signingUnavailable)
        #expect(rewritten.authority.services.contains { $0.name == "auditLog" && $0.level == .degraded })
        await rewritten.authority.upkeep()
        #expect(try rewritten.counts()["checkpoints"] == 2)
        let moved = try await Site.made()
        try moved.scratch.tamper { transaction in
            let row = try transaction.get(Tables.checkpoints, 40)!
            try transaction.put(Tables.checkpoints, 64, row)
        }
        let install = try Install(at: moved.scratch)
        #expect(await refusal { try await install.authority.auditProof(of: 60, by: install.admin) }?.code == .signingUnavailable)
        let cut = try await Site.made()
        try cut.scratch.tamper { try Self.cut(from: 45, $0) }
        let shorter = try Install(at: cut.scratch)
        #expect(shorter.authority.services.allSatisfy { $0.name != "auditLog" })
        await shorter.authority.upkeep()
        #expect(shorter.authority.services.contains { $0.name == "auditLog" && $0.level == .degraded })
    }

    @Test(
        "a rewritten log under a checkpoint that no anchor signed, or one that can't be read, gets no signature of the daemon, which says so",
        arguments: ["stranger", "signature", "form", "key"])
    func unsignedGround(_ way: String) async throws {
        let site = try await Site.made()
        let thief = try Ed25519PrivateKey.generate()
        try site.scratch.tamper { transaction in
            try transaction.put(Tables.audit, 45, Self.forged(45, in: transaction))
            try Self.replant(transaction)
            let install = try transaction.get(Tables.install, InstallRecord.key)!.id
            let root = try AuditLog.root(60, in: transaction)
            // Named as the anchor's, or as the thief's own.
            let name = way == "stranger" ? TrustAnchor(thief.publicKey) : site.anchor
            let checkpoint = try Checkpoint(install: install, size: 60, root: root, anchor: name) { try thief.sign($0) }
            let raw = Table<[UInt8], BytesRow>(Tables.checkpoints.name, slot: Tables.checkpoints.slot)
            let text = way == "form" ? Array("garbage\n".utf8) : Array(checkpoint.text.utf8)
            try transaction.put(raw, way == "key" ? [1, 0, 0, 0, 0, 0, 0] : UInt64(60).storeBytes, BytesRow(text))
        }
        let report = try site.report()
        #expect(report.told.contains("checkpointRoot(size: 50, good: 40) leaf 49 seq -"))
        let isForm = ["form", "key"].contains(way)
        #expect(report.told.contains { isForm ? $0.hasPrefix("checkpointForm") : $0 == "checkpointSignature(size: 60) leaf 59 seq -" })
        let install = try Install(at: site.scratch)
        #expect(await refusal { try await install.head() }?.code == .signingUnavailable)
        #expect(await refusal { try await install.authority.auditProof(of: 45, by: install.admin) }?.code == .signingUnavailable)
        #expect(install.authority.services.contains { $0.name == "auditLog" && $0.level == .degraded })
        await install.authority.upkeep()
        #expect(install.authority.services.contains { $0.name == "auditLog" && $0.level == .degraded })
    }

    @Test(
        "a log that was made anew and signed by a key of somebody's own: whoever names the anchor learns it, whatever the store says of anchors",
        arguments: [false, true])
    func signedByAnother(_ isListed: Bool) async throws {
        let site = try await Site.made()
        let thief = try Ed25519PrivateKey.generate()
        let other = TrustAnchor(thief.publicKey)
        try site.scratch.tamper { transaction in
            try transaction.put(Tables.audit, 35, Self.forged(35, in: transaction))
            try Self.replant(transaction)
            let install = try transaction.get(Tables.install, InstallRecord.key)!.id
            for size in [40, 50] as [UInt64] {
                let root = try AuditLog.root(size, in: transaction)
                let checkpoint = try Checkpoint(install: install, size: size, root: root, anchor: other) { try thief.sign($0) }
                try transaction.put(Tables.checkpoints, size, CheckpointRow(checkpoint))
            }
            guard isListed else { return }
            let record = AnchorRecord(id: "anchor_forged", x: Base64URL.encode(other.raw), createdAt: ManualClock.start)
            try transaction.put(Tables.anchors, record.id, record)
        }
        let report = try site.scratch.examineLog(anchors: [site.anchor])
        let signatures = ["checkpointSignature(size: 40) leaf 39 seq -", "checkpointSignature(size: 50) leaf 49 seq -"]
        #expect(report.told == (isListed ? [] : signatures) + ["unsigned(checkpoints: 2) leaf - seq -"])
        #expect(report.strangers == (isListed ? 2 : 0))
        // A true one behind them covers them all, and one of somebody else's behind that is a fault whatever the store says.
        try site.scratch.tamper { transaction in
            let install = try transaction.get(Tables.install, InstallRecord.key)!.id
            for (size, key) in [(60, site.key), (62, thief)] as [(UInt64, Ed25519PrivateKey)] {
                let root = try AuditLog.root(size, in: transaction)
                let checkpoint = try Checkpoint(install: install, size: size, root: root, anchor: TrustAnchor(key.publicKey)) {
                    try key.sign($0)
                }
                try transaction.put(Tables.checkpoints, size, CheckpointRow(checkpoint))
            }
        }
        let later = try site.scratch.examineLog(anchors: [site.anchor])
        #expect(later.told == (isListed ? [] : signatures) + ["checkpointSignature(size: 62) leaf 61 seq -"])
    }

    @Test("entries that are said to be from before the tree was there, and over which checkpoints were signed")
    func claimedGenesis() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { transaction in
            let span = try transaction.get(Tables.auditLog, 0)!
            try transaction.put(Tables.auditLog, 0, AuditSpanRow(sequence: span.sequence, origin: .migrated, at: span.at))
        }
        let report = try site.report()
        #expect(report.told == ["genesis(size: 40, leaves: 64) leaf 39 seq -", "genesis(size: 50, leaves: 64) leaf 49 seq -"])
    }

    @Test("a log that was put right is signed for again, and health no longer says otherwise")
    func putRight() async throws {
        let site = try await Site.made()
        var row: CheckpointRow?
        try site.scratch.tamper { transaction in
            row = try transaction.get(Tables.checkpoints, 50)
            try transaction.put(Table<UInt64, BytesRow>(Tables.checkpoints.name, slot: Tables.checkpoints.slot), 50, BytesRow([1]))
        }
        let install = try Install(at: site.scratch)
        #expect(await refusal { try await install.head() }?.code == .signingUnavailable)
        let whole = try #require(row)
        try await install.store.write { try $0.put(Tables.checkpoints, 50, whole) }
        await install.authority.upkeep()
        #expect(install.authority.services.allSatisfy { $0.name != "auditLog" })
        #expect(try await install.head() == site.head)
    }

    @Test("nobody is proven an entry that is not the one that was hashed")
    func unproven() async throws {
        let site = try await Site.made()
        try site.scratch.tamper { try $0.put(Tables.audit, 30, Self.forged(30, in: $0)) }
        let install = try Install(at: site.scratch)
        await #expect(throws: StoreError.self) { try await install.authority.auditProof(of: 30, by: install.admin) }
        try await install.authority.auditProof(of: 31, by: install.admin).check(site.anchor)
    }
}
