extension DataFile {
    /// Reads LMDB's list of free pages without LMDB: a B+ tree whose leaves hold, for each transaction, a count and that
    /// many page numbers. Trusts nothing: every offset is checked against its page, every page against the file.
    /// - Parameter first: only pages from this number on are wanted.
    func freePages(from first: Int, pageSize: Int, root: Int) throws(StoreError) -> Set<Int> {
        var free: Set<Int> = []
        var visited: Set<Int> = []
        // An empty tree has the root ~0.
        var waiting = root == -1 ? [] : [root]
        while let number = waiting.popLast() {
            guard visited.insert(number).inserted else { throw corrupt("has a list of free pages that runs in circles") }
            let page = try bytes(at: offset(of: number, pageSize), count: pageSize)
            let flags = page.integer(at: 10, width: 2)
            let end = Int(page.integer(at: 12, width: 2))
            guard flags == Layout.branch || flags == Layout.leaf, end >= headerSize, end <= pageSize else { throw damagedList }
            for slot in stride(from: headerSize, to: end - 1, by: 2) {
                let node = Int(page.integer(at: slot, width: 2))
                guard node >= headerSize, node + Layout.nodeSize <= pageSize else { throw damagedList }
                if flags == Layout.branch {
                    waiting.append(Int(page.integer(at: node, width: 6)))
                } else {
                    for value in try value(of: node, on: page, pageSize) where value >= first { free.insert(value) }
                }
            }
        }
        return free
    }

    private enum Layout {
        static let branch: UInt64 = 0x01
        static let leaf: UInt64 = 0x02
        static let overflow: UInt64 = 0x04
        static let bigValue: UInt64 = 0x01
        static let nodeSize = 8
    }

    private var headerSize: Int { Self.headerSize }

    private var damagedList: StoreError { corrupt("has a damaged list of free pages") }

    private func offset(of number: Int, _ pageSize: Int) throws(StoreError) -> Int {
        guard number >= 2, number < size / pageSize else { throw corrupt("ends too early, after \(size) bytes") }
        return number * pageSize
    }

    /// The page numbers that a leaf's node holds, in place or on overflow pages.
    private func value(of node: Int, on page: [UInt8], _ pageSize: Int) throws(StoreError) -> [Int] {
        let length = Int(page.integer(at: node, width: 4))
        let isBig = page.integer(at: node + 4, width: 2) & Layout.bigValue != 0
        let start = node + Layout.nodeSize + Int(page.integer(at: node + 6, width: 2))
        guard length >= 8, length % 8 == 0, start + (isBig ? 8 : length) <= pageSize else { throw damagedList }
        guard isBig else { return numbers(in: Array(page[start..<start + length])) }
        guard let number = Int(exactly: page.integer(at: start, width: 8)) else { throw damagedList }
        let big = try offset(of: number, pageSize)
        let head = try bytes(at: big, count: headerSize)
        guard head.integer(at: 10, width: 2) == Layout.overflow else { throw damagedList }
        return numbers(in: try bytes(at: big + headerSize, count: length))
    }

    private func numbers(in value: [UInt8]) -> [Int] {
        let count = min(Int(truncatingIfNeeded: value.integer(at: 0, width: 8)), value.count / 8 - 1)
        guard count > 0 else { return [] }
        return (1...count).map { Int(truncatingIfNeeded: value.integer(at: 8 * $0, width: 8)) }
    }
}
