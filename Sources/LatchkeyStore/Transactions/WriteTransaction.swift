/// The write of one closure. It reads what the store held before it, with the changes of closures that are committed
/// together with it, and its own.
package struct WriteTransaction: ~Copyable, StoreReads {
    package let view: TransactionView
    private let changes: ChangeLog

    init(_ handle: TransactionHandle, _ environment: Environment, _ changes: ChangeLog) {
        view = TransactionView(handle, environment, changes: changes)
        self.changes = changes
    }

    /// Sets the row under `key`, whether or not there was one.
    /// - Throws: ``StoreError/Code/invalidKey`` for an empty key or one over 511 bytes, what `encode` throws, and
    ///   ``StoreError/Code/unavailable`` when there is no room.
    package func put<Key, Row>(_ table: Table<Key, Row>, _ key: Key, _ row: Row) throws {
        let (key, value) = (key.storeBytes, try row.encode())
        try view.put(view.handle(table.slot), key, value)
        changes.add(table.name, key, value)
    }

    /// - Returns: whether there was a row.
    @discardableResult
    package func delete<Key, Row>(_ table: Table<Key, Row>, _ key: Key) throws -> Bool {
        let key = key.storeBytes
        guard try view.delete(view.handle(table.slot), key) else { return false }
        changes.add(table.name, key, nil)
        return true
    }

    /// Writes the row of the schema as it is, which costs a commit and changes nothing.
    func rewriteSchemaRow() throws {
        let (handle, key) = (view.environment.schemaHandle, SchemaRow.key)
        let bytes = try view.value(handle, key) { unsafe $0.withUnsafeBufferPointer { unsafe Array($0) } }
        guard let bytes else { throw StoreError(.corrupt, "the store's own row is gone; restore the store from a backup") }
        try view.put(handle, key, bytes)
        changes.touch()
    }
}
