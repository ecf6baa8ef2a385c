import LatchkeyStore

/// Rows of a store that may be damaged: what can't be read is not there.
struct ReplacedStore {
    func row<Key, Row>(_ table: Table<Key, Row>, _ key: Key, in old: borrowing WriteTransaction) -> Row? {
        (try? old.get(table, key)) ?? nil
    }

    /// Whether a row is there and can't be read, or LMDB can't look.
    func isUnreadable<Key, Row>(_ table: Table<Key, Row>, _ key: Key, in old: borrowing WriteTransaction) -> Bool {
        do {
            _ = try old.get(table, key)
            return false
        } catch {
            return true
        }
    }

    /// Visits the rows that can be read, as far as the table can be walked.
    func rows<Key, Row>(
        _ table: Table<Key, Row>, from: [UInt8]? = nil, in old: borrowing WriteTransaction, _ visit: (Key, Row) throws -> Void
    ) throws {
        let raw = Table<[UInt8], BytesRow>(table.name, slot: table.slot)
        var last: [UInt8]?
        var failure: (any Error)?
        do {
            try old.scan(raw, from: from, limit: .max) { bytes, content in
                // A damaged tree could lead in circles.
                if let last, !last.lexicographicallyPrecedes(bytes) { return false }
                last = bytes
                guard let key = Key(storeBytes: bytes), let row = try? Row.decode(content.bytes.span) else { return true }
                do {
                    try visit(key, row)
                } catch {
                    failure = error
                    return false
                }
                return true
            }
        } catch {
            // The rest of the table is out of reach.
        }
        if let failure { throw failure }
    }
}
