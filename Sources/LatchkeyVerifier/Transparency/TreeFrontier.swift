/// A tree that grows, of which only the roots of its whole subtrees are kept: as many as its size has bits.
package struct TreeFrontier: Sendable, Equatable {
    package private(set) var size: UInt64 = 0
    private var peaks: [TreeHash] = []

    package init() {}

    /// A tree of which the roots of its whole subtrees are known, from the left.
    package init(size: UInt64, peaks: [TreeHash]) {
        precondition(peaks.count == size.nonzeroBitCount, "a tree has a whole subtree for each bit of its size")
        self.size = size
        self.peaks = peaks
    }

    package var root: TreeHash { MerkleTree.root(ofPeaks: peaks) }

    /// Appends a leaf.
    ///
    /// - Returns: the hashes that come with it, in post-order: the leaf, and the root of each subtree that it completes.
    @discardableResult
    package mutating func append(_ leaf: TreeHash) -> [TreeHash] {
        var nodes = [leaf]
        var hash = leaf
        for _ in 1..<max(1, MerkleTree.nodes(withLeaf: size)) {
            hash = MerkleTree.nodeHash(peaks.removeLast(), hash)
            nodes.append(hash)
        }
        peaks.append(hash)
        size += 1
        return nodes
    }
}
