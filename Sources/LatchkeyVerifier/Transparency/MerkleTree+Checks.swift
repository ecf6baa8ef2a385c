extension MerkleTree {
    /// Whether a leaf is the one at `index` of the tree of `size` leaves with this root (RFC 9162 §2.1.3.2).
    public static func isIncluded(_ leaf: TreeHash, at index: UInt64, in size: UInt64, root: TreeHash, path: [TreeHash]) -> Bool {
        guard index < size, size <= mostLeaves else { return false }
        var (place, last) = (index, size - 1)
        var hash = leaf
        for sibling in path {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                hash = nodeHash(sibling, hash)
                // At the right edge a subtree may have no neighbour for some levels.
                let levels = place == 0 ? 0 : UInt64(place.trailingZeroBitCount)
                place >>= levels
                last >>= levels
            } else {
                hash = nodeHash(hash, sibling)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// Whether the tree of `size` leaves with this root goes on where that of `oldSize` leaves ended (RFC 9162 §2.1.4.2). Every tree goes on
    /// from the empty one.
    public static func isExtension(
        _ size: UInt64, root: TreeHash, of oldSize: UInt64, oldRoot: TreeHash, proof: [TreeHash]
    ) -> Bool {
        guard oldSize <= size, size <= mostLeaves else { return false }
        if oldSize == size { return proof.isEmpty && oldRoot == root }
        if oldSize == 0 { return proof.isEmpty && oldRoot == emptyRoot }
        var rest = proof[...]
        let isWhole = oldSize & (oldSize - 1) == 0
        guard let first = isWhole ? oldRoot : rest.popFirst() else { return false }
        var (place, last) = (oldSize - 1, size - 1)
        let levels = UInt64((~place).trailingZeroBitCount)
        place >>= levels
        last >>= levels
        var (old, new) = (first, first)
        for hash in rest {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                old = nodeHash(hash, old)
                new = nodeHash(hash, new)
                let levels = place == 0 ? 0 : UInt64(place.trailingZeroBitCount)
                place >>= levels
                last >>= levels
            } else {
                new = nodeHash(new, hash)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == root
    }
}
