/// A table of a ``Schema``, as the schema sees it.
package protocol AnyTable: Sendable {
    var name: String { get }
    var slot: Int { get }
}

/// A named table with its types. It is only a description: make it once as a constant and put it into the schema.
package struct Table<Key: StoreKey, Row: StoreRow>: AnyTable {
    package let name: String
    /// The table's index in ``Schema/tables``, so that finding its LMDB handle is an array access.
    package let slot: Int

    package init(_ name: String, slot: Int) {
        self.name = name
        self.slot = slot
    }
}
