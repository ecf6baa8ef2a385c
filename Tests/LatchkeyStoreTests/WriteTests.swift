import LatchkeyStore
import Synchronization
import Testing

@Suite("The write funnel")
struct WriteTests {
    let scratch = Scratch()

    private func put(_ key: String) -> @Sendable (borrowing WriteTransaction) throws -> Void {
        { try $0.put(Tables.names, key, Name(text: key)) }
    }

    private func keys(_ store: Store) throws -> [String] {
        var keys: [String] = []
        try store.read { transaction in
            try transaction.scanKeys(Tables.names, limit: 1000) { key in
                keys.append(key)
                return true
            }
        }
        return keys
    }

    @Test func `a write's result is what its closure returned`() async throws {
        let store = try scratch.open()
        defer { store.close() }
        let answer = try await store.write { transaction in
            try transaction.put(Tables.names, "a", Name(text: "Ada"))
            return try transaction.get(Tables.names, "a")?.text
        }
        #expect(answer == "Ada")
        #expect(store.statistics.batches == 1)
        #expect(store.statistics.closures == 1)
    }

    @Test func `waiting closures share one commit`() async throws {
        let store = try scratch.open()
        defer { store.close() }
        let results = try await store.inOneBatch((0..<10).map { (.growth, put("k\($0)")) })
        for result in results { try result.get() }
        #expect(store.statistics.batches == 1)
        #expect(store.statistics.closures == 10)
        #expect(try keys(store).count == 10)
    }

    @Test func `no batch is larger than allowed`() async throws {
        var options = Store.Options()
        options.maxBatch = 4
        let store = try scratch.open(Tables.schema(), options)
        defer { store.close() }
        for result in try await store.inOneBatch((0..<10).map { (.growth, put("k\($0)")) }) { try result.get() }
        #expect(store.statistics.batches == 3)
        #expect(try keys(store).count == 10)
    }

    @Test func `64 concurrent writers are all committed, with fewer commits than closures`() async throws {
        let store = try scratch.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask {
                    for step in 0..<8 { try await store.write { try $0.put(Tables.numbers, UInt64(task * 8 + step), EmptyRow()) } }
                }
            }
            try await group.waitForAll()
        }
        #expect(store.statistics.closures == 512)
        #expect(store.statistics.batches < 512)
        store.close()
        let again = try scratch.open()
        defer { again.close() }
        #expect(try again.read { try $0.count(Tables.numbers) } == 512)
    }

    @Test func `a closure that throws after writing leaves nothing, and its neighbours stand`() async throws {
        let store = try scratch.open()
        defer { store.close() }
        let fail: @Sendable (borrowing WriteTransaction) throws -> Void = { transaction in
            try transaction.put(Tables.names, "bad", Name(text: "bad"))
            try transaction.delete(Tables.names, "k1")
            throw Refusal(reason: "after writing")
        }
        let results = try await store.inOneBatch([(.growth, put("k1")), (.growth, put("k2")), (.growth, fail), (.growth, put("k3"))])
        for index in [0, 1, 3] { try results[index].get() }
        #expect(throws: Refusal(reason: "after writing")) { try results[2].get() }
        #expect(try keys(store) == ["k1", "k2", "k3"])
        #expect(store.statistics.replays == 1)
        #expect(store.statistics.closures == 3)
    }

    @Test func `alone, a closure that throws after writing leaves nothing either`() throws {
        let store = try scratch.open()
        defer { store.close() }
        #expect(throws: Refusal.self) {
            try store.writeAndWait { transaction in
                try transaction.put(Tables.names, "bad", Name(text: "bad"))
                throw Refusal()
            }
        }
        #expect(try keys(store) == [])
        #expect(store.statistics.batches == 0)
        #expect(store.statistics.replays == 0)
    }

    @Test func `a refusal before the first write costs its batch nothing`() async throws {
        let store = try scratch.open()
        defer { store.close() }
        let runs = Atomic(0)
        let count: @Sendable (borrowing WriteTransaction) throws -> Void = { transaction in
            runs.add(1, ordering: .relaxed)
            try transaction.put(Tables.names, "a", Name(text: "a"))
        }
        let refuse: @Sendable (borrowing WriteTransaction) throws -> Void = { transaction in
            // Deleting what isn't there changes nothing.
            guard try transaction.delete(Tables.names, "nobody") else { throw Refusal() }
        }
        let results = try await store.inOneBatch([(.growth, count), (.growth, refuse), (.growth, put("b"))])
        #expect(throws: Refusal.self) { try results[1].get() }
        #expect(runs.load(ordering: .relaxed) == 1)
        #expect(store.statistics.replays == 0)
        #expect(store.statistics.batches == 1)
        #expect(store.statistics.closures == 2)
        #expect(try keys(store) == ["a", "b"])
    }

    @Test func `a closure that only reads or refuses buys no commit`() throws {
        let store = try scratch.open()
        defer { store.close() }
        #expect(try store.writeAndWait { try $0.count(Tables.names) } == 0)
        #expect(throws: Refusal.self) { try store.writeAndWait { _ in throw Refusal() } }
        #expect(store.statistics.batches == 0)
    }

    @Test func `a closure sees what those before it in the batch wrote, and decides on it`() async throws {
        let store = try scratch.open()
        defer { store.close() }
        let claim: @Sendable (borrowing WriteTransaction) throws -> Void = { transaction in
            guard try !transaction.contains(Tables.names, "only") else { throw Refusal(reason: "taken") }
            try transaction.put(Tables.names, "only", Name(text: "mine"))
        }
        let results = try await store.inOneBatch((0..<64).map { _ in (.growth, claim) })
        #expect(results.count { (try? $0.get()) != nil } == 1)
        #expect(throws: Refusal(reason: "taken")) { try results[63].get() }
    }

    @Test func `the observer hears the changes of each commit, and nothing of what was given up`() async throws {
        let heard = Mutex<[[Change]]>([])
        var options = Store.Options()
        options.onCommit = { changes in heard.withLock { $0.append(changes) } }
        let store = try scratch.open(Tables.schema(), options)
        defer { store.close() }
        try await store.write { try $0.put(Tables.blobs, [1], Blob([5])) }
        _ = try await store.write { try $0.delete(Tables.blobs, [1]) }
        _ = try await store.write { try $0.delete(Tables.blobs, [1]) }
        _ = try? await store.write { transaction in
            try transaction.put(Tables.blobs, [2], Blob([6]))
            throw Refusal()
        }
        #expect(
            heard.withLock { $0 } == [
                [Change(table: "blobs", key: [1], value: [5])], [Change(table: "blobs", key: [1], value: nil)],
            ])
    }

    @Test func `a row that can't be encoded is a refusal, not a failure of the batch`() async throws {
        struct Stubborn: StoreRow {
            static func decode(_ bytes: Span<UInt8>) throws -> Stubborn { Stubborn() }
            func encode() throws -> [UInt8] { throw Refusal() }
        }
        let store = try scratch.open()
        defer { store.close() }
        let table = Table<String, Stubborn>("names", slot: Tables.names.slot)
        await #expect(throws: Refusal.self) { try await store.write { try $0.put(table, "a", Stubborn()) } }
        #expect(store.health.isWritable)
        #expect(try keys(store) == [])
    }
}
