import LatchkeyStore
import Testing

@Suite("Scans")
struct ScanTests {
    let scratch = Scratch()

    private static let keys: [[UInt8]] = [
        [0x00], [0x00, 0x00], [0x61], [0x61, 0x00], [0x61, 0x62], [0x61, 0xFF], [0x61, 0xFF, 0xFF], [0x62], [0xFE, 0xFF],
        [0xFF], [0xFF, 0x00], [0xFF, 0xFF], [0xFF, 0xFF, 0x01], [UInt8](repeating: 0xFF, count: 511),
    ].sorted { $0.lexicographicallyPrecedes($1) }

    private func makeStore() throws -> Store {
        let store = try scratch.open()
        try store.writeAndWait { transaction in
            for key in Self.keys.reversed() { try transaction.put(Tables.blobs, key, Blob(key)) }
            // Neighbouring tables must not be seen.
            try transaction.put(Tables.names, "a", Name(text: "a"))
        }
        return store
    }

    /// What a scan must visit, told by plain filtering.
    private func expected(_ prefix: [UInt8], _ from: [UInt8]?, _ after: [UInt8]?, _ descending: Bool, _ limit: Int) -> [[UInt8]] {
        let ordered = descending ? Self.keys.reversed() : Self.keys
        func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool {
            descending ? other.lexicographicallyPrecedes(one) : one.lexicographicallyPrecedes(other)
        }
        let matching = ordered.filter { key in
            key.starts(with: prefix) && from.map { !precedes(key, $0) } ?? true && after.map { precedes($0, key) } ?? true
        }
        return Array(matching.prefix(max(0, limit)))
    }

    @Test func `every combination of prefix, from, after and limit visits what it should, both ways`() throws {
        let store = try makeStore()
        defer { store.close() }
        let prefixes: [[UInt8]] = [[], [0x61], [0x61, 0xFF], [0xFF], [0xFF, 0xFF], [0x63], [0x00], [UInt8](repeating: 0xFF, count: 600)]
        let bounds: [[UInt8]?] =
            [nil, [], [0x60], [0x61, 0x01], [0xFF, 0xFF, 0xFF], [UInt8](repeating: 0xFF, count: 600)] + Self.keys.map { $0 }
        try store.read { transaction in
            for prefix in prefixes {
                for from in bounds {
                    for after in bounds {
                        for descending in [false, true] {
                            var visited: [[UInt8]] = []
                            try transaction.scan(
                                Tables.blobs, prefix: prefix, from: from, after: after, descending: descending, limit: 4
                            ) { key, row in
                                visited.append(key)
                                return row.bytes == key
                            }
                            let wanted = expected(prefix, from, after, descending, 4)
                            if visited != wanted {
                                Issue.record(
                                    "prefix \(prefix) from \(from ?? []) after \(after ?? []) \(descending): \(visited) not \(wanted)")
                            }
                        }
                    }
                }
            }
        }
    }

    @Test(arguments: [false, true])
    func `pages by after join without a gap or a repeat`(descending: Bool) throws {
        let store = try makeStore()
        defer { store.close() }
        for size in 1...5 {
            var all: [[UInt8]] = []
            while true {
                let before = all.count
                try store.read { transaction in
                    try transaction.scanKeys(Tables.blobs, after: all.last, descending: descending, limit: size) { key in
                        all.append(key)
                        return true
                    }
                }
                if all.count == before { break }
            }
            #expect(all == (descending ? Self.keys.reversed() : Self.keys))
        }
    }

    @Test(arguments: [0, -1])
    func `a limit that isn't positive visits nothing`(limit: Int) throws {
        let store = try makeStore()
        defer { store.close() }
        var visits = 0
        try store.read { transaction in
            try transaction.scan(Tables.blobs, limit: limit) { _, _ in
                visits += 1
                return true
            }
        }
        #expect(visits == 0)
    }

    @Test func `a scan stops when it's told to, or when its body throws`() throws {
        let store = try makeStore()
        defer { store.close() }
        var visits = 0
        try store.read { transaction in
            try transaction.scanKeys(Tables.blobs, limit: 100) { _ in
                visits += 1
                return visits < 3
            }
        }
        #expect(visits == 3)
        #expect(throws: Refusal.self) { try store.read { try $0.scanKeys(Tables.blobs, limit: 100) { _ in throw Refusal() } } }
    }

    @Test func `an empty table has no first, no last and nothing to scan`() throws {
        let store = try scratch.open()
        defer { store.close() }
        #expect(try store.read { try $0.first(Tables.blobs)?.key } == nil)
        #expect(try store.read { try $0.last(Tables.blobs)?.key } == nil)
        #expect(try store.read { try $0.count(Tables.blobs) } == 0)
        var visits = 0
        for descending in [false, true] {
            try store.read { transaction in
                try transaction.scanKeys(Tables.blobs, prefix: [1], descending: descending, limit: 1) { _ in
                    visits += 1
                    return true
                }
            }
        }
        #expect(visits == 0)
    }

    @Test func `first, last and count are those of the table`() throws {
        let store = try makeStore()
        defer { store.close() }
        #expect(try store.read { try $0.first(Tables.blobs)?.key } == Self.keys.first)
        #expect(try store.read { try $0.last(Tables.blobs)?.key } == Self.keys.last)
        #expect(try store.read { try $0.count(Tables.blobs) } == Self.keys.count)
        #expect(try store.read { try $0.count(Tables.names) } == 1)
    }

    @Test(arguments: [false, true])
    func `a scan in a write may delete and put what it visits`(descending: Bool) throws {
        let store = try makeStore()
        defer { store.close() }
        let visited = try store.writeAndWait { transaction in
            var visited: [[UInt8]] = []
            try transaction.scan(Tables.blobs, descending: descending, limit: 100) { key, _ in
                visited.append(key)
                if visited.count % 2 == 0 {
                    try transaction.delete(Tables.blobs, key)
                } else {
                    try transaction.put(Tables.blobs, key, Blob(size: 3000))
                }
                return true
            }
            return visited
        }
        #expect(visited == (descending ? Self.keys.reversed() : Self.keys))
        #expect(try store.read { try $0.count(Tables.blobs) } == Self.keys.count / 2)
    }

    @Test func `numbers are scanned in their order`() throws {
        let store = try scratch.open()
        defer { store.close() }
        let numbers: [UInt64] = [300, 2, 1 << 40, 0, 255, 256]
        try store.writeAndWait { for number in numbers { try $0.put(Tables.numbers, number, EmptyRow()) } }
        var visited: [UInt64] = []
        try store.read { transaction in
            try transaction.scan(Tables.numbers, from: UInt64(2).storeBytes, limit: 100) { key, _ in
                visited.append(key)
                return true
            }
        }
        #expect(visited == [2, 255, 256, 300, 1 << 40])
    }
}
