import LatchkeyStore

@testable import LatchkeyAuthority

extension Tables {
    /// Every row of every table as bytes.
    static func contents(in transaction: borrowing some StoreReads & ~Copyable) throws -> [String: [[UInt8]: [UInt8]]] {
        var contents: [String: [[UInt8]: [UInt8]]] = [:]
        for table in all {
            var rows: [[UInt8]: [UInt8]] = [:]
            try transaction.scan(Table<[UInt8], BytesRow>(table.name, slot: table.slot), limit: .max) { key, row in
                rows[key] = row.bytes
                return true
            }
            contents[table.name] = rows
        }
        return contents
    }
}
