import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
import Testing

@Suite("The audit log's tree")
struct AuditTreeTests {
    /// The root over the log's entries as they lie in the store, by a second way.
    private func root(of install: Install) throws -> TreeHash {
        var tree = TreeFrontier()
        try install.store.read { transaction in
            try transaction.scan(Tables.audit, limit: .max) { _, entry in
                tree.append(TreeHash(SHA256.hash([0] + entry.json))!)
                return true
            }
        }
        return tree.root
    }

    @Test("has each entry's bytes as a leaf, from the first entry of a first start on, in the commit that writes it")
    func leaves() async throws {
        let install = try Install()
        #expect(try install.logSize == UInt64(install.audit().count))
        for round in 0..<20 {
            _ = try await install.key(["relayfile:fs:read:*"], name: "key \(round)")
            let (size, entries) = try (install.logSize, install.audit().count)
            #expect(size == UInt64(entries))
            let expected = try root(of: install)
            #expect(try install.store.read { try AuditLog.root(size, in: $0) } == expected)
        }
        let scratch = await install.closed()
        let report = try scratch.examineLog()
        #expect(report.isGood && report.genesis == nil && report.removed == 0)
        #expect(try scratch.check().isSound)
    }

    @Test("costs two small puts a leaf on average, and nothing that grows with the log")
    func cost() throws {
        let scratch = Scratch()
        let changes = Mutex<[Change]>([])
        var options = Store.Options()
        options.mapSize = 1 << 28
        options.onCommit = { batch in changes.withLock { $0 += batch } }
        let store = try Store.open(directory: scratch.store, schema: Tables.schema(writer: "latchkey test"), options: options)
        defer { store.close() }
        let (count, now) = (1024, ManualClock.start)
        for _ in 0..<4 {
            try store.writeAndWait { transaction in
                for _ in 0..<count / 4 {
                    try Authority.append(AuditDraft(.tokenIssued, actor: "a", organisation: "o"), at: now, in: transaction)
                }
            }
        }
        let written = changes.withLock { Dictionary(grouping: $0, by: \.table) }
        let tree = try #require(written["audit-tree"])
        #expect(tree.count == Int(MerkleTree.nodeCount(UInt64(count))) && tree.count < 2 * count)
        #expect(tree.allSatisfy { $0.key.count == 8 && $0.value?.count == 32 })
        // No put changes what was there.
        #expect(Set(tree.map(\.key)).count == tree.count)
        #expect(written["audit-log"]?.count == 1 && written["checkpoints"] == nil && written["audit-removed"] == nil)
        // Beside the entry: the ends of two tables, the last entry's number, and the neighbours that are folded.
        let looks = try store.read { transaction in
            let counter = CountedReads.Counter()
            _ = try AuditLog.end(in: CountedReads(transaction.view, counter))
            return CountedReads.looks(counter)
        }
        #expect(looks == 2)
    }

    @Test("goes with its entries when a batch is replayed: what was refused left no leaf")
    func replay() async throws {
        struct Refused: Error {}
        let install = try Install()
        let before = try install.logSize
        let now = install.clock.now()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<600 {
                group.addTask {
                    do {
                        try await install.store.write { transaction in
                            try Authority.append(
                                AuditDraft(.tokenIssued, actor: "number \(number)", organisation: install.authority.firstOrganisation),
                                at: now,
                                in: transaction)
                            if number % 7 == 0 { throw Refused() }
                        }
                        return true
                    } catch is Refused {
                        return false
                    }
                }
            }
            var written = 0
            for try await isWritten in group where isWritten { written += 1 }
            #expect(written == 514)
        }
        #expect(install.store.statistics.replays > 0)
        #expect(try install.logSize == before + 514)
        #expect(try install.audit().count == Int(before) + 514)
        #expect(try await install.closed().examineLog().isGood)
    }

    @Test("keeps the leaves of entries that retention removes: heads from before still hold, and so do proofs over the rest")
    func retention() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        try await install.fillLog(700)
        let (early, anchor) = try await (install.head(), install.anchor)
        install.clock.advance(seconds: 2 * 86_400)
        try await install.fillLog(30, "late")
        let late = try await install.head()
        let entries = try install.audit().count
        while await install.authority.removeOldAuditEntries() {}
        let left = try install.audit().filter { $0.action != .auditRemoved }
        #expect(left.count == 30 && left.allSatisfy { $0.actor == "late" })
        let proof = try await install.authority.auditProof(of: left[7].seq, by: install.admin)
        try proof.check(anchor)
        #expect(await refusal { try await install.authority.auditProof(of: 3, by: install.admin) }?.code == .auditEntryNotFound)
        let scratch = await install.closed()
        let report = try scratch.examineLog(heads: [late, early])
        #expect(report.isGood && report.outcomes == [.extended, .extended], "\(report.told)")
        #expect(report.removed == UInt64(entries - 30) && report.lost == 0)
        #expect(report.absent.map(\.last) == [report.removed - 1])
        #expect(try scratch.check(at: install.clock.now()).findings == [])
    }

    @Test("is planted over the entries of a store from before, which are then told apart")
    func planted() async throws {
        let scratch = Scratch()
        try FileManager.default.createDirectory(atPath: scratch.store, withIntermediateDirectories: false)
        try Fixture.data("stores/0.1.0/data.mdb").write(to: URL(filePath: scratch.store + "/data.mdb"))
        let before = try Store.rehearse(
            directory: scratch.store,
            schema: Schema(application: "latchkey", version: 1, writer: "old", tables: Array(Tables.all.prefix(21)))
        ) { transaction, facts in
            #expect(facts.schemaVersion == 1)
            var entries: [UInt64: [UInt8]] = [:]
            try transaction.scan(Tables.audit, limit: .max) { sequence, entry in
                entries[sequence] = entry.json
                return true
            }
            return (entries, .abort)
        }
        #expect(before.count > 10)
        let report = try scratch.examineLog()
        #expect(report.isGood && report.size == UInt64(before.count))
        #expect(report.genesis?.leaves == report.size && report.genesis?.through == before.keys.max())
        // Opened, it goes on from there.
        let moment = Timestamp(rfc3339: "2027-01-01T00:00:00Z")!
        let store = try Store.open(directory: scratch.store, schema: Tables.schema(writer: "latchkey test", now: { moment }))
        try store.writeAndWait { transaction in
            _ = try Authority.append(AuditDraft(.tokenIssued, actor: "new", organisation: ""), at: moment, in: transaction)
        }
        store.close()
        let later = try scratch.examineLog(heads: [report.head])
        #expect(later.isGood && later.outcomes == [.extended] && later.size == report.size + 1)
        #expect(later.genesis == LogGenesis(leaves: report.size, through: before.keys.max()!, at: moment))
        #expect(try scratch.check(at: moment).findings == [])
    }

    @Test("finds the leaf of every number, across gaps, and no leaf for one that was never given")
    func numbers() async throws {
        let install = try Install()
        let now = install.clock.now()
        let given = try await install.store.write { transaction in
            var given: [UInt64] = []
            for number in 0..<60 {
                let least: UInt64 = number % 20 == 19 ? UInt64(number) * 1_000_000 : 0
                given.append(
                    try Authority.append(
                        AuditDraft(.tokenIssued, actor: "a", organisation: ""), at: now, least: least, in: transaction
                    ).seq)
            }
            return given
        }
        let size = try install.logSize
        try install.store.read { transaction in
            for (index, sequence) in given.enumerated() {
                let leaf = try AuditLog.leaf(ofSequence: sequence, in: transaction)
                #expect(leaf == size - 60 + UInt64(index))
                let back = try AuditLog.sequence(ofLeaf: leaf ?? 0, in: transaction)
                #expect(back == sequence)
            }
            for sequence in [0, given[18] + 1, 18_999_999, given[59] + 1, .max] {
                let leaf = try AuditLog.leaf(ofSequence: sequence, in: transaction)
                #expect(leaf == nil, "\(sequence)")
            }
        }
        #expect(try await install.closed().examineLog().isGood)
    }
}
