/// Leaves of a log as an entry of it tells of them: ranges in their order, with a gap between any two, as in `0-255,300`.
package struct LeafRanges: Sendable, Equatable {
    package private(set) var ranges: [ClosedRange<UInt64>]

    package init() { ranges = [] }

    package init(_ leaves: some Sequence<UInt64>) { self.init(merging: leaves.map { $0...$0 }) }

    /// - Returns: `nil` for a text that is not how this writes them.
    package init?(_ text: String) {
        var found: [ClosedRange<UInt64>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last, last < MerkleTree.mostLeaves
            else { return nil }
            found.append(first...last)
        }
        self.init(merging: found)
        guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
    }

    private init(merging found: [ClosedRange<UInt64>]) {
        ranges = []
        for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let last = ranges.last, range.lowerBound <= last.upperBound + 1 else {
                ranges.append(range)
                continue
            }
            ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        }
    }

    package var text: String {
        ranges.map { $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
    }

    package var isEmpty: Bool { ranges.isEmpty }

    /// How many leaves.
    package var count: UInt64 { ranges.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) + 1 } }

    package func union(_ other: LeafRanges) -> LeafRanges { LeafRanges(merging: ranges + other.ranges) }

    /// Those of them that lie in a range.
    package func within(_ range: Range<UInt64>) -> LeafRanges {
        LeafRanges(
            merging: ranges.compactMap { own in
                let (first, end) = (max(own.lowerBound, range.lowerBound), min(own.upperBound + 1, range.upperBound))
                return first < end ? first...end - 1 : nil
            })
    }

    /// The same in parts of so many ranges at most.
    package func parts(of most: Int) -> [LeafRanges] {
        stride(from: 0, to: ranges.count, by: most).map { LeafRanges(merging: Array(ranges[$0..<min($0 + most, ranges.count)])) }
    }
}
