import LatchkeyCrypto

/// The hash tree of RFC 6962 §2.1 (and RFC 9162 §2.1): how entries become leaves, leaves become nodes, and all of them one root.
///
/// Numbers of leaves are below 2^62. A tree is written down in post-order: a leaf, and right behind it each node whose last leaf it is. So a
/// tree that grows only appends, and every subtree that is whole has its place for ever.
public enum MerkleTree {
    /// More leaves than any log will have.
    package static let mostLeaves: UInt64 = 1 << 62

    /// The root of the tree without a leaf.
    public static let emptyRoot = TreeHash(of: [])

    public static func leafHash(_ entry: [UInt8]) -> TreeHash { TreeHash(of: [0] + entry) }

    public static func nodeHash(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1 + 2 * TreeHash.byteCount)
        bytes.append(1)
        bytes.append(contentsOf: left.bytes)
        bytes.append(contentsOf: right.bytes)
        return TreeHash(of: bytes)
    }

    /// A subtree that is whole: `2^level` leaves, from leaf `index * 2^level` on.
    package struct Place: Sendable, Hashable {
        package let level: Int
        package let index: UInt64

        package init(level: Int, index: UInt64) {
            self.level = level
            self.index = index
        }

        /// The first leaf that is not in it any more.
        var end: UInt64 { (index + 1) << UInt64(level) }

        /// Where its root stands in post-order.
        package var position: UInt64 { MerkleTree.position(ofLeaf: end - 1) + UInt64(level) }
    }

    /// Where a leaf stands in post-order.
    package static func position(ofLeaf leaf: UInt64) -> UInt64 { 2 * leaf - UInt64(leaf.nonzeroBitCount) }

    /// How many hashes a tree of so many leaves has in post-order, and so where the next leaf will stand.
    package static func nodeCount(_ size: UInt64) -> UInt64 { position(ofLeaf: size) }

    /// How many hashes come with a leaf: its own, and that of each subtree that it completes.
    package static func nodes(withLeaf leaf: UInt64) -> Int { 1 + (~leaf).trailingZeroBitCount }

    /// How many leaves the largest tree has that is written down in at most so many hashes.
    package static func size(nodeCount: UInt64) -> UInt64 {
        var left = min(nodeCount, Self.nodeCount(mostLeaves - 1))
        var size: UInt64 = 0
        for level in (0..<UInt64(62)).reversed() {
            let whole = (UInt64(1) << (level + 1)) - 1
            guard left >= whole else { continue }
            left -= whole
            size += 1 << level
        }
        return size
    }

    /// The whole subtrees that a tree is made of, from the left: one for each bit of its size.
    package static func peaks(_ size: UInt64) -> [Place] {
        var peaks: [Place] = []
        var start: UInt64 = 0
        for level in (0..<62).reversed() where size & (1 << UInt64(level)) != 0 {
            peaks.append(Place(level: level, index: start >> UInt64(level)))
            start += 1 << UInt64(level)
        }
        return peaks
    }

    /// The root over subtrees that stand side by side, each smaller than the one before; of none, the empty tree's.
    static func root(ofPeaks peaks: some BidirectionalCollection<TreeHash>) -> TreeHash {
        guard var root = peaks.last else { return emptyRoot }
        for peak in peaks.dropLast().reversed() { root = nodeHash(peak, root) }
        return root
    }
}
