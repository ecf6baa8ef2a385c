extension StoreReads where Self: ~Copyable {
    /// Visits rows in the order of their keys' bytes.
    ///
    /// In a write transaction `body` may change the table: the scan goes on behind the key that it has just visited.
    /// - Parameters:
    ///   - prefix: only keys that begin with these bytes.
    ///   - from: where to start, in the direction of the scan; this key is visited, if it's there.
    ///   - after: as `from`, but this key is not visited: the last key of the page before.
    ///   - limit: the most rows to visit; none when it isn't positive. A long read takes at most 1,000 a transaction.
    ///   - body: returns false to stop.
    package func scan<Key, Row>(
        _ table: Table<Key, Row>, prefix: [UInt8] = [], from: [UInt8]? = nil, after: [UInt8]? = nil,
        descending: Bool = false, limit: Int, _ body: (Key, Row) throws -> Bool
    ) throws {
        let range = ScanRange(prefix: prefix, from: from, after: after, descending: descending)
        try view.scan(view.handle(table.slot), range, limit: limit) { key, value in
            try body(table.key(key), table.row(value))
        }
    }

    /// As ``scan(_:prefix:from:after:descending:limit:_:)``, without a look at the rows.
    package func scanKeys<Key, Row>(
        _ table: Table<Key, Row>, prefix: [UInt8] = [], from: [UInt8]? = nil, after: [UInt8]? = nil,
        descending: Bool = false, limit: Int, _ body: (Key) throws -> Bool
    ) throws {
        let range = ScanRange(prefix: prefix, from: from, after: after, descending: descending)
        try view.scan(view.handle(table.slot), range, limit: limit) { key, _ in try body(table.key(key)) }
    }
}

extension TransactionView {
    func scan(_ handle: UInt32, _ range: ScanRange, limit: Int, _ visit: ([UInt8], Span<UInt8>) throws -> Bool) throws {
        guard limit > 0, let start = range.start else { return }
        var cursor = try Cursor(self, handle)
        var found = try cursor.place(at: start, descending: range.descending)
        var left = limit
        while found {
            let key = cursor.key
            guard key.starts(with: range.prefix) else { return }
            let seen = changes?.count
            guard try cursor.withValue({ try visit(key, $0) }) else { return }
            left -= 1
            guard left > 0 else { return }
            // A change may have moved the cursor or what it points to: find the place again.
            found =
                changes?.count == seen
                ? try cursor.step(descending: range.descending)
                : try cursor.place(at: .beyond(key), descending: range.descending)
        }
    }
}
