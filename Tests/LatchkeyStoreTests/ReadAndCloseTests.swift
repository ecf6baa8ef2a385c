import LatchkeyStore
import Testing

@Suite("Snapshots and closing")
struct ReadAndCloseTests {
    let scratch = Scratch()

    @Test func `a read sees its snapshot, whatever is committed meanwhile`() throws {
        let store = try scratch.open()
        defer { store.close() }
        try store.writeAndWait { try $0.put(Tables.names, "a", Name(text: "before")) }
        try store.read { transaction in
            let early = try transaction.get(Tables.names, "a")?.text
            try store.writeAndWait { transaction in
                try transaction.put(Tables.names, "a", Name(text: "after"))
                try transaction.put(Tables.names, "b", Name(text: "new"))
            }
            let late = try transaction.get(Tables.names, "a")?.text
            let count = try transaction.count(Tables.names)
            #expect([early, late] == ["before", "before"])
            #expect(count == 1)
            // One begun later, on the same thread and inside this one, sees it.
            #expect(try store.read { try $0.get(Tables.names, "a")?.text } == "after")
        }
        #expect(try store.read { try $0.count(Tables.names) } == 2)
    }

    @Test func `concurrent readers never see half of a write`() async throws {
        let store = try scratch.open()
        defer { store.close() }
        let isDone = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !isDone.isUp {
                        let (first, second) = try store.read { (try $0.get(Tables.blobs, [1]), try $0.get(Tables.blobs, [2])) }
                        #expect(first == second)
                        await Task.yield()
                    }
                }
            }
            for round in 0..<100 {
                try await store.write { transaction in
                    try transaction.put(Tables.blobs, [1], Blob([UInt8(round)]))
                    try transaction.put(Tables.blobs, [2], Blob([UInt8(round)]))
                }
            }
            isDone.raise()
            try await group.waitForAll()
        }
    }

    @Test func `what a read's closure throws comes out, and the store goes on`() throws {
        let store = try scratch.open()
        defer { store.close() }
        for _ in 0..<2000 { #expect(throws: Refusal.self) { try store.read { _ in throw Refusal() } } }
        #expect(try store.read { try $0.count(Tables.names) } == 0)
    }

    @Test func `too many reads at the same time are refused, and the others go on`() throws {
        var options = Store.Options()
        options.maxReaders = 3
        let store = try scratch.open(Tables.schema(), options)
        defer { store.close() }
        func nest(_ depth: Int) throws { try store.read { _ in if depth > 1 { try nest(depth - 1) } } }
        try nest(3)
        #expect(storeError { try nest(4) }?.code == .unavailable)
        try nest(3)
    }

    @Test func `after closing everything is refused`() async throws {
        let store = try scratch.open()
        store.close()
        #expect(storeError { try store.read { _ in } }?.code == .closed)
        #expect(storeError { try store.writeAndWait { _ in } }?.code == .closed)
        await #expect(throws: StoreError(.closed, "")) { try await store.write { _ in } }
        _ = (store.health, store.statistics)
        store.close()
    }

    @Test func `closing lets the queued writes finish`() async throws {
        let store = try scratch.open()
        let writes = (0..<10).map { number -> (purpose: WritePurpose, body: @Sendable (borrowing WriteTransaction) throws -> Void) in
            (.growth, { try $0.put(Tables.numbers, UInt64(number), EmptyRow()) })
        }
        let isRefused = Flag()
        var closing: Task<Void, any Error>?
        let results = try await store.inOneBatch(writes) {
            closing = blocking { store.close() }
            // A write that is refused shows that closing has begun, while the others still wait.
            while !isRefused.isUp {
                Task.detached {
                    do { try await store.write { _ in } } catch { isRefused.raise() }
                }
                await Task.yield()
            }
        }
        for result in results { try result.get() }
        try await closing?.value
        let again = try scratch.open()
        defer { again.close() }
        #expect(try again.read { try $0.count(Tables.numbers) } == 10)
    }

    @Test func `closing waits for reads that run`() async throws {
        let store = try scratch.open()
        let gate = Gate()
        let reading = blocking {
            try store.read { transaction in
                gate.pass()
                return try transaction.count(Tables.names)
            }
        }
        await gate.waitForEntry()
        let closing = blocking { store.close() }
        // Once new reads are refused, only the old one is waited for.
        while storeError({ try store.read { _ in } }) == nil { await Task.yield() }
        #expect(storeError { _ = try scratch.open() }?.code == .locked)
        gate.open()
        #expect(try await reading.value == 0)
        try await closing.value
        try scratch.open().close()
    }

    @Test func `many may close at the same time, and return when it's closed`() async throws {
        let store = try scratch.open()
        let closing = (0..<8).map { _ in blocking { store.close() } }
        for close in closing { try await close.value }
        try scratch.open().close()
    }

    @Test func `the last reference to a store may be dropped on any thread, the writer's too`() async throws {
        for _ in 0..<50 {
            do {
                let store = try scratch.open()
                // Which of the writer's thread and this task lets go last is left to chance.
                try await store.write { [store] _ in _ = store.health }
            }
            while storeError({ try scratch.open().close() }) != nil { await Task.yield() }
        }
    }
}
