extension MerkleTree {
    /// Looks a whole subtree's root up.
    package typealias Lookup = (Place) throws -> TreeHash

    /// The root of the tree of the first `size` leaves (RFC 6962 §2.1).
    package static func root(_ size: UInt64, _ node: Lookup) throws -> TreeHash { try root(0..<size, node) }

    /// The way from a leaf up to the root of the tree of the first `size` leaves: what is needed beside the leaf, from below (RFC 6962
    /// §2.1.1).
    ///
    /// - Precondition: `leaf < size`.
    package static func inclusionPath(_ leaf: UInt64, in size: UInt64, _ node: Lookup) throws -> [TreeHash] {
        precondition(leaf < size && size <= mostLeaves, "only a leaf of the tree has a way up")
        var path: [TreeHash] = []
        var part = 0..<size
        while part.count > 1 {
            let middle = part.lowerBound + split(UInt64(part.count))
            let (left, right) = (part.lowerBound..<middle, middle..<part.upperBound)
            path.append(try root(leaf < middle ? right : left, node))
            part = leaf < middle ? left : right
        }
        return path.reversed()
    }

    /// What shows that the tree of the first `old` leaves is where that of the first `size` began (RFC 6962 §2.1.2).
    ///
    /// - Precondition: `0 < old <= size`.
    package static func consistencyProof(_ old: UInt64, in size: UInt64, _ node: Lookup) throws -> [TreeHash] {
        precondition(old > 0 && old <= size && size <= mostLeaves, "only a beginning of the tree can be shown to be one")
        var proof: [TreeHash] = []
        var part = 0..<size
        while part.upperBound != old {
            let middle = part.lowerBound + split(UInt64(part.count))
            let (left, right) = (part.lowerBound..<middle, middle..<part.upperBound)
            proof.append(try root(old <= middle ? right : left, node))
            part = old <= middle ? left : right
        }
        // A part that begins with the tree is the old tree itself, whose root is known.
        if part.lowerBound > 0 { proof.append(try root(part, node)) }
        return proof.reversed()
    }

    /// The largest power of two below a number from 2 on.
    private static func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }

    /// The root over a part of a tree that begins where a whole subtree of its length could: whole subtrees, side by side.
    private static func root(_ leaves: Range<UInt64>, _ node: Lookup) throws -> TreeHash {
        var roots: [TreeHash] = []
        var next = leaves.lowerBound
        while next < leaves.upperBound {
            let level = 63 - (leaves.upperBound - next).leadingZeroBitCount
            roots.append(try node(Place(level: level, index: next >> UInt64(level))))
            next += 1 << UInt64(level)
        }
        return root(ofPeaks: roots)
    }
}
