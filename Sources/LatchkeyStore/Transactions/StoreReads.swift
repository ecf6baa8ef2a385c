/// What can be read in either kind of transaction. A function that only reads takes `borrowing some StoreReads & ~Copyable`
/// and then serves both.
///
/// Every read throws ``StoreError``: `.undecodable` (or `.newer`) for a key or row that its table's types don't accept,
/// `.corrupt` or `.unavailable` when LMDB fails.
package protocol StoreReads: ~Copyable {
    var view: TransactionView { get }
}

extension StoreReads where Self: ~Copyable {
    /// The row under `key`; `nil` when there is none.
    package func get<Key, Row>(_ table: Table<Key, Row>, _ key: Key) throws -> Row? {
        try view.value(view.handle(table.slot), key.storeBytes) { try table.row($0) }
    }

    package func contains<Key, Row>(_ table: Table<Key, Row>, _ key: Key) throws -> Bool {
        try view.value(view.handle(table.slot), key.storeBytes) { _ in true } ?? false
    }

    /// How many rows a table has. Costs no scan.
    package func count<Key, Row>(_ table: Table<Key, Row>) throws -> Int {
        try view.count(view.handle(table.slot))
    }

    /// The row with the lowest key.
    package func first<Key, Row>(_ table: Table<Key, Row>) throws -> (key: Key, row: Row)? {
        try edge(table, descending: false)
    }

    /// The row with the highest key.
    package func last<Key, Row>(_ table: Table<Key, Row>) throws -> (key: Key, row: Row)? {
        try edge(table, descending: true)
    }

    private func edge<Key, Row>(_ table: Table<Key, Row>, descending: Bool) throws -> (key: Key, row: Row)? {
        var found: (key: Key, row: Row)?
        try scan(table, descending: descending, limit: 1) { key, row in
            found = (key, row)
            return false
        }
        return found
    }
}

extension Table {
    func row(_ bytes: Span<UInt8>) throws -> Row {
        do {
            return try Row.decode(bytes)
        } catch let error as StoreError {
            throw error
        } catch {
            // The decoder's own words could quote the row.
            throw StoreError(.undecodable, "a row of the table \(name) is not of its form")
        }
    }

    func key(_ bytes: [UInt8]) throws -> Key {
        guard let key = Key(storeBytes: bytes) else {
            throw StoreError(.undecodable, "a key of the table \(name) is not of its form")
        }
        return key
    }
}
