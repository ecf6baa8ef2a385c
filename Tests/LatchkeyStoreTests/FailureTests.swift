import FoundationEssentials
import Glibc
import LatchkeyStore
import Testing

@Suite("No room, and failing disks", .timeLimit(.minutes(1)))
struct FailureTests {
    let scratch = Scratch()

    private func options(map: Int = 64 << 20, headroom: Int = 0) -> Store.Options {
        var options = Store.Options()
        options.mapSize = map
        options.headroomBytes = headroom
        options.headroomInterval = .zero
        options.probeInterval = .milliseconds(1)
        return options
    }

    private func putBlob(_ store: Store, _ number: Int, size: Int = 50_000, _ purpose: WritePurpose = .growth) throws {
        try store.writeAndWait(purpose) { try $0.put(Tables.blobs, [1, UInt8(number)], Blob(size: size)) }
    }

    /// Puts until it's refused, and returns how many there are.
    private func fill(_ store: Store, _ purpose: WritePurpose = .growth) throws -> Int {
        for number in 0..<200 {
            if let error = storeError({ try putBlob(store, number, purpose) }) {
                #expect(error.code == .unavailable)
                return number
            }
        }
        Issue.record("the store never was full")
        return 200
    }

    private func putBlob(_ store: Store, _ number: Int, _ purpose: WritePurpose) throws {
        try putBlob(store, number, size: 50_000, purpose)
    }

    private func waitUntilWell(_ store: Store) async { while !store.health.isWritable { await Task.yield() } }

    @Test func `a full map is unavailable, reads go on, and writes resume when rows are deleted`() throws {
        var options = options(map: 2 << 20)
        options.probeInterval = .seconds(3600)
        let store = try scratch.open(Tables.schema(), options)
        defer { store.close() }
        let count = try fill(store)
        #expect(count > 20)
        #expect(store.health.isWritable == false)
        #expect(store.health.problem?.contains("largest size") == true)
        #expect(store.health.since != nil)
        #expect(try store.read { try $0.count(Tables.blobs) } == count)
        // One at a time: to delete much at once LMDB needs room too.
        for number in 0..<count { _ = try store.writeAndWait(.essential) { try $0.delete(Tables.blobs, [1, UInt8(number)]) } }
        #expect(store.health == StoreHealth())
        try putBlob(store, 0)
        try putBlob(store, 1)
    }

    @Test func `an error that a closure swallows is not a success`() throws {
        let store = try scratch.open(Tables.schema(), options(map: 2 << 20))
        defer { store.close() }
        let error = storeError {
            try store.writeAndWait { transaction in
                try transaction.put(Tables.names, "a", Name(text: "a"))
                try? transaction.put(Tables.blobs, [1], Blob(size: 4 << 20))
            }
        }
        #expect(error?.code == .unavailable)
        #expect(try store.read { try $0.count(Tables.names) } == 0)
    }

    @Test func `an error that a closure swallows is its own, not its neighbours'`() async throws {
        let store = try scratch.open(Tables.schema(), options(map: 2 << 20))
        defer { store.close() }
        let swallow: @Sendable (borrowing WriteTransaction) throws -> Void = { try? $0.put(Tables.blobs, [1], Blob(size: 4 << 20)) }
        let put: @Sendable (borrowing WriteTransaction) throws -> Void = { try $0.put(Tables.names, "a", Name(text: "a")) }
        let results = try await store.inOneBatch([(.growth, swallow), (.growth, put)])
        #expect(throws: StoreError(.unavailable, "")) { try results[0].get() }
        try results[1].get()
        #expect(try store.read { try $0.count(Tables.names) } == 1)
    }

    @Test func `one closure too large for the map doesn't take its batch with it`() async throws {
        let store = try scratch.open(Tables.schema(), options(map: 2 << 20))
        defer { store.close() }
        let results = try await store.inOneBatch(
            [1, 4 << 20, 2].map { size in
                (.growth, { try $0.put(Tables.blobs, [1, UInt8(truncatingIfNeeded: size)], Blob(size: size)) })
            })
        try results[0].get()
        #expect(throws: StoreError(.unavailable, "")) { try results[1].get() }
        try results[2].get()
    }

    @Test func `growth keeps the headroom of the map free, the essential may use it`() throws {
        let store = try scratch.open(Tables.schema(), options(map: 4 << 20, headroom: 2 << 20))
        defer { store.close() }
        let count = try fill(store)
        #expect((20..<45).contains(count), "\(count)")
        #expect(store.health.problem?.contains("revocations") == true)
        try putBlob(store, 200, .essential)
        #expect(!store.health.isWritable, "an essential write that succeeds doesn't make room for growth")
        try store.writeAndWait(.essential) { for number in 0..<count { try $0.delete(Tables.blobs, [1, UInt8(number)]) } }
        // Freed pages count as room, although the file doesn't shrink.
        try putBlob(store, 0)
        #expect(store.health.isWritable)
    }

    @Test(.enabled(if: SmallDisk.isPossible)) func `growth keeps the headroom of the disk free, the essential may use it`() throws {
        let disk = try #require(SmallDisk(bytes: 8 << 20))
        let store = try Store.open(directory: disk.store, schema: Tables.schema(), options: options(headroom: 2 << 20))
        defer { store.close() }
        try putBlob(store, 0)
        disk.fill(leaving: 1 << 20)
        #expect(storeError { try putBlob(store, 1) }?.code == .unavailable)
        #expect(!store.health.isWritable)
        try putBlob(store, 2, .essential)
        #expect(try store.read { try $0.count(Tables.blobs) } == 2)
        disk.empty()
        try putBlob(store, 3)
        #expect(store.health.isWritable)
    }

    @Test(.enabled(if: SmallDisk.isPossible)) func `a shortage is known before anybody has met it, at the start too`() throws {
        let disk = try #require(SmallDisk(bytes: 8 << 20))
        var options = options(headroom: 2 << 20)
        options.lookInterval = .milliseconds(1)
        do {
            let store = try Store.open(directory: disk.store, schema: Tables.schema(), options: options)
            defer { store.close() }
            #expect(store.health.isWritable)
            disk.fill(leaving: 1 << 20)
            // Nobody writes. The suite's time limit ends this when it never happens.
            while store.health.isWritable { sched_yield() }
            #expect(store.health.problem?.contains("revocations") == true)
            disk.empty()
            while !store.health.isWritable { sched_yield() }
            disk.fill(leaving: 1 << 20)
        }
        options.lookInterval = .seconds(3600)
        let store = try Store.open(directory: disk.store, schema: Tables.schema(), options: options)
        defer { store.close() }
        while store.health.isWritable { sched_yield() }
    }

    @Test(.enabled(if: SmallDisk.isPossible)) func `a full disk is unavailable, reads go on, and writes resume by themselves`() async throws
    {
        let disk = try #require(SmallDisk(bytes: 4 << 20))
        let store = try Store.open(directory: disk.store, schema: Tables.schema(), options: options())
        defer { store.close() }
        try putBlob(store, 0)
        disk.fill()
        #expect(storeError { try putBlob(store, 1, size: 1 << 20) }?.code == .unavailable)
        #expect(store.health.problem?.contains("room") == true)
        #expect(try store.read { try $0.count(Tables.blobs) } == 1)
        disk.empty()
        // Nobody writes, and health comes back nevertheless.
        await waitUntilWell(store)
        try putBlob(store, 1, size: 1 << 20)
    }

    @Test(.enabled(if: SmallDisk.isPossible)) func `when the commit fails nobody of the batch is told anything else`() async throws {
        let disk = try #require(SmallDisk(bytes: 4 << 20))
        let store = try Store.open(directory: disk.store, schema: Tables.schema(), options: options())
        defer { store.close() }
        try putBlob(store, 0)
        let large: @Sendable (borrowing WriteTransaction) throws -> Void = { try $0.put(Tables.blobs, [2], Blob(size: 3 << 20)) }
        let refuseOnIt: @Sendable (borrowing WriteTransaction) throws -> Void = { transaction in
            if try transaction.contains(Tables.blobs, [2]) { throw Refusal(reason: "it is there") }
        }
        let delete: @Sendable (borrowing WriteTransaction) throws -> Void = { try $0.delete(Tables.blobs, [1, 0]) }
        let results = try await store.inOneBatch([(.growth, large), (.growth, refuseOnIt), (.essential, delete)]) {
            disk.fill(leaving: 256 << 10)
        }
        #expect(throws: StoreError(.unavailable, "")) { try results[0].get() }
        #expect(throws: StoreError(.unavailable, "")) { try results[1].get() }
        // What frees room doesn't fail with what needs it.
        try results[2].get()
        #expect(try store.read { try $0.count(Tables.blobs) } == 0)
    }

    /// Replaces LMDB's descriptor for meta pages, the only one that is opened with O_DSYNC, by one that can't be written.
    private func breakMetaWrites() throws {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        var found = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            guard let descriptor = Int32(name), fcntl(descriptor, F_GETFL) & O_DSYNC != 0 else { continue }
            var target = [CChar](repeating: 0, count: 4096)
            guard readlink("/proc/self/fd/\(name)", &target, 4095) > 0 else { continue }
            guard target.withUnsafeBufferPointer({ String(cString: $0.baseAddress!) }) == scratch.dataFile else { continue }
            dup2(full, descriptor)
            found += 1
        }
        try #require(found == 1)
    }

    @Test func `when LMDB gives up after a failed write, the store is opened again and goes on`() throws {
        var options = options()
        options.probeInterval = .seconds(3600)
        let store = try scratch.open(Tables.schema(), options)
        defer { store.close() }
        try putBlob(store, 0)
        try breakMetaWrites()
        #expect(storeError { try putBlob(store, 1) }?.code == .unavailable)
        #expect(!store.health.isWritable)
        #expect(try store.read { try $0.contains(Tables.blobs, [1, 0]) })
        #expect(try store.read { try $0.contains(Tables.blobs, [1, 1]) } == false)
        #expect(storeError { _ = try scratch.open(Tables.schema(), options) }?.code == .locked)
        try putBlob(store, 2)
        #expect(store.health.isWritable)
        #expect(try store.read { try $0.count(Tables.blobs) } == 2)
    }
}
