import FoundationEssentials
import Glibc
import LatchkeyStore
import Testing

@Suite("Damaged files")
struct DamagedFileTests {
    let scratch = Scratch()

    private func size(_ path: String) -> Int {
        var information = stat()
        return stat(path, &information) == 0 ? Int(information.st_size) : -1
    }

    private func overwrite(at offset: Int, _ bytes: [UInt8]) {
        let file = open(scratch.dataFile, O_WRONLY)
        defer { close(file) }
        pwrite(file, bytes, bytes.count, offset)
    }

    private func makeStore() throws {
        let store = try scratch.open()
        for number in 0..<20 {
            try store.writeAndWait { transaction in
                for index in 0..<20 { try transaction.put(Tables.blobs, [UInt8(number), UInt8(index)], Blob(size: 1000)) }
            }
        }
        store.close()
    }

    @Test(arguments: [100, 4096, 5000, 8192, 12288, 40960])
    func `a file cut short is corrupt, and is not mapped`(length: Int) throws {
        try makeStore()
        try #require(size(scratch.dataFile) > 50000)
        truncate(scratch.dataFile, length)
        #expect(storeError { _ = try scratch.open() }?.code == .corrupt)
        #expect(size(scratch.dataFile) == length)
    }

    @Test func `a file that lacks only its last page is corrupt`() throws {
        try makeStore()
        truncate(scratch.dataFile, size(scratch.dataFile) - 4096)
        #expect(storeError { _ = try scratch.open() }?.code == .corrupt)
    }

    /// LMDB doesn't write pages that were used and freed within one transaction; at the end of the file they are missing.
    /// Puts and deletes at random until LMDB has left such a file, which takes some dozens of transactions.
    private func makeUnwrittenTail() throws {
        let store = try scratch.open()
        defer { store.close() }
        var random = SplitMix(state: 1)
        for _ in 0..<10_000 {
            let seed = random.next()
            try store.writeAndWait { transaction in
                var random = SplitMix(state: seed)
                for _ in 0..<random.next() % 40 {
                    let key = (0..<4).map { _ in UInt8(random.next() % 12) }
                    try transaction.put(Tables.blobs, key, Blob(size: Int(random.next() % (random.next() % 20 == 0 ? 9000 : 500))))
                    if random.next() % 2 == 0 { try transaction.delete(Tables.blobs, key) }
                }
            }
            if store.statistics.mapUsed > size(scratch.dataFile) { return }
        }
        Issue.record("LMDB never left pages unwritten")
    }

    @Test func `a file that ends early only by pages that LMDB left unwritten is sound`() throws {
        try makeUnwrittenTail()
        let store = try scratch.open()
        defer { store.close() }
        var seen = 0
        try store.read {
            try $0.scan(Tables.blobs, limit: .max) { _, _ in
                seen += 1
                return true
            }
        }
        #expect(try store.read { try $0.count(Tables.blobs) } == seen)
        #expect(seen > 0)
    }

    @Test func `the same file is corrupt when it lost a page more`() throws {
        try makeUnwrittenTail()
        truncate(scratch.dataFile, size(scratch.dataFile) - 4096)
        #expect(storeError { _ = try scratch.open() }?.code == .corrupt)
    }

    @Test func `the same file is corrupt when its list of free pages can't be read`() throws {
        try makeUnwrittenTail()
        for meta in [0, 4096] { overwrite(at: meta + 80, [0xF0, 0xFF, 0xFF, 0, 0, 0, 0, 0]) }
        #expect(storeError { _ = try scratch.open() }?.code == .corrupt)
    }

    @Test func `a damaged magic number is foreign, on the second page corrupt`() throws {
        try makeStore()
        overwrite(at: 4096 + 16, [1, 2, 3, 4])
        #expect(storeError { _ = try scratch.open() }?.code == .corrupt)
        overwrite(at: 16, [1, 2, 3, 4])
        #expect(storeError { _ = try scratch.open() }?.code == .foreign)
    }

    @Test func `another file format of LMDB is foreign, and the message says which`() throws {
        try makeStore()
        overwrite(at: 20, [2, 0, 0, 0])
        let error = storeError { _ = try scratch.open() }
        #expect(error?.code == .foreign)
        #expect(error?.message.contains("format 2") == true)
    }

    @Test(arguments: [0, 3, 100, 1 << 20])
    func `an impossible page size is corrupt`(size: UInt32) throws {
        try makeStore()
        overwrite(at: 40, (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) })
        #expect(storeError { _ = try scratch.open() }?.code == .corrupt)
    }

    @Test func `a page count beyond all measure is corrupt`() throws {
        try makeStore()
        for meta in [0, 4096] { overwrite(at: meta + 136, [UInt8](repeating: 0xFF, count: 7) + [0x7F]) }
        #expect(storeError { _ = try scratch.open() }?.code == .corrupt)
        for meta in [0, 4096] { overwrite(at: meta + 136, [UInt8](repeating: 0xFF, count: 8)) }
        #expect(storeError { _ = try scratch.open() }?.code == .corrupt)
    }
}

/// A small generator of the same numbers every time.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
