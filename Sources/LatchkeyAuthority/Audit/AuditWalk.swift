import LatchkeyStore

/// A walk along the places that are on all lists of a selection, in the order of time. Each list is a range of sorted keys; the walk asks
/// each in turn for its next place at or beyond the furthest that another list has named, until all name the same.
struct AuditWalk {
    private let selection: AuditSelection
    private let isDescending: Bool
    /// Keys that may still be asked for: a query with many filters that agree on little ends here, and goes on from where it was.
    private var left: Int
    /// Where the walk stands: no place beyond it has been given or looked at.
    private(set) var standing: AuditIndex.Place?
    /// Whether the walk ended because it had looked enough, not because nothing is left.
    private(set) var isTired = false

    init(_ selection: AuditSelection, after: AuditIndex.Place?, descending: Bool, looks: Int) {
        self.selection = selection
        isDescending = descending
        standing = after
        left = looks
    }

    /// The next place, `nil` at the end.
    mutating func next(in transaction: borrowing some StoreReads & ~Copyable) throws -> AuditIndex.Place? {
        guard var candidate = try place(0, beyond: standing, in: transaction) else { return nil }
        var agreeing = 1
        var list = 1
        while agreeing < selection.lists.count {
            let index = list % selection.lists.count
            guard let found = try place(index, from: candidate, in: transaction) else { return nil }
            if found == candidate {
                agreeing += 1
            } else {
                candidate = found
                agreeing = 1
            }
            list += 1
            if left <= 0 {
                isTired = true
                // The candidate itself is still to be decided.
                standing = before(candidate)
                return nil
            }
        }
        standing = candidate
        return candidate
    }

    /// The place that comes just before `place` in the walk's direction, whether an entry is there or not.
    private func before(_ place: AuditIndex.Place) -> AuditIndex.Place {
        isDescending ? place.successor : place.predecessor
    }

    private mutating func place(
        _ list: Int, beyond last: AuditIndex.Place? = nil, from first: AuditIndex.Place? = nil,
        in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> AuditIndex.Place? {
        left -= 1
        let prefix = selection.lists[list]
        let edge = isDescending ? selection.to?.predecessor : selection.from
        let from = (first ?? edge).map { prefix + $0.bytes }
        var found: AuditIndex.Place?
        try transaction.scanKeys(
            Tables.auditIndex, prefix: prefix, from: from, after: last.map { prefix + $0.bytes }, descending: isDescending, limit: 1
        ) { key in
            found = AuditIndex.Place(endOf: key)
            return false
        }
        guard let found else { return nil }
        if let from = selection.from, found < from { return nil }
        if let to = selection.to, found >= to { return nil }
        return found
    }
}
