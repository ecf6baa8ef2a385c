/// Leaves of a log, a bit each. Where there are none it takes no memory.
struct LeafSet: Sendable {
    private static let wordCount: UInt64 = 64
    private static let blockSize = wordCount * 64

    /// Blocks that have a bit, by their numbers.
    private var blocks: [UInt64: [UInt64]] = [:]

    var isEmpty: Bool { blocks.isEmpty }

    var count: UInt64 { blocks.values.reduce(0) { $0 + $1.reduce(0) { $0 + UInt64($1.nonzeroBitCount) } } }

    mutating func insert(_ leaf: UInt64) {
        let bit = leaf % Self.blockSize
        blocks[leaf / Self.blockSize, default: [UInt64](repeating: 0, count: Int(Self.wordCount))][Int(bit / 64)] |= 1 << (bit % 64)
    }

    /// Costs no more than was put in since, whatever the range.
    mutating func remove(_ range: ClosedRange<UInt64>) {
        let touched = range.lowerBound / Self.blockSize...range.upperBound / Self.blockSize
        let numbers =
            touched.upperBound - touched.lowerBound < UInt64(blocks.count)
            ? touched.filter { blocks[$0] != nil } : blocks.keys.filter { touched.contains($0) }
        for number in numbers {
            let first = number * Self.blockSize
            guard !(range.lowerBound <= first && first + Self.blockSize - 1 <= range.upperBound), var words = blocks[number] else {
                blocks[number] = nil
                continue
            }
            for word in words.indices {
                let start = first + UInt64(word) * 64
                let (from, to) = (max(start, range.lowerBound), min(start + 63, range.upperBound))
                guard from <= to else { continue }
                let length = to - from + 1
                let mask = length == 64 ? UInt64.max : ((1 << length) - 1) << (from - start)
                words[word] &= ~mask
            }
            blocks[number] = words.allSatisfy { $0 == 0 } ? nil : words
        }
    }

    mutating func subtract(_ other: LeafSet) {
        for (number, theirs) in other.blocks {
            guard var words = blocks[number] else { continue }
            for word in words.indices { words[word] &= ~theirs[word] }
            blocks[number] = words.allSatisfy { $0 == 0 } ? nil : words
        }
    }

    /// Visits them, those side by side together, in their order, until `visit` returns false.
    func forEachRange(_ visit: (ClosedRange<UInt64>) -> Bool) {
        var open: ClosedRange<UInt64>?
        for number in blocks.keys.sorted() {
            for (word, bits) in (blocks[number] ?? []).enumerated() {
                var left = bits
                while left != 0 {
                    let bit = UInt64(left.trailingZeroBitCount)
                    left &= left - 1
                    let leaf = number * Self.blockSize + UInt64(word) * 64 + bit
                    if let range = open, range.upperBound + 1 == leaf {
                        open = range.lowerBound...leaf
                    } else {
                        if let open, !visit(open) { return }
                        open = leaf...leaf
                    }
                }
            }
        }
        if let open { _ = visit(open) }
    }
}
