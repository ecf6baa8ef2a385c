import CLMDB

extension Environment {
    enum Origin: Equatable {
        /// The file was there and held a store.
        case existing
        /// The file holds a store since now.
        case created
    }

    /// What was found in a file before the schema was brought up to date.
    struct Found {
        var origin: Origin
        /// `nil` in a store that was made now.
        var row: SchemaRow?
        /// Slots of tables that were not there.
        var missing: Set<Int> = []
    }

    /// Opens all tables in one transaction, checks whose store it is, and brings an older one forward.
    /// - Parameter mayCreate: whether an LMDB file without any table may become a store.
    func install(_ schema: Schema, mayCreate: Bool, now: Int64) throws(StoreError) -> Origin {
        let transaction = try begin(readOnly: false)
        let found: Found
        do {
            found = try prepare(transaction, schema, mayCreate: mayCreate, now: now)
        } catch {
            transaction.abort()
            throw error as? StoreError
                ?? StoreError(.notOpenable, "the store could not be brought to version \(schema.version); it was left as it was: \(error)")
        }
        try transaction.commit()
        return found.origin
    }

    /// Does all of ``install(_:mayCreate:now:)`` but the commit.
    func prepare(_ transaction: TransactionHandle, _ schema: Schema, mayCreate: Bool, now: Int64) throws -> Found {
        let schemaHandle: MDB_dbi
        let origin: Origin
        if let handle = try table(SchemaRow.tableName, in: transaction, create: false) {
            schemaHandle = handle
            origin = .existing
        } else {
            guard mayCreate, try isEmpty(transaction) else { throw Self.foreign }
            schemaHandle = try table(SchemaRow.tableName, in: transaction, create: true) ?? 0
            origin = .created
        }
        let view = TransactionView(transaction, self)
        let found = try row(view, schemaHandle)
        if origin == .existing { try check(found, against: schema) }
        var missing: Set<Int> = []
        let handles = try schema.tables.map { described in
            if let handle = try table(described.name, in: transaction, create: false) { return handle }
            missing.insert(described.slot)
            return try table(described.name, in: transaction, create: true) ?? 0
        }
        setHandles(handles, schema: schemaHandle)

        var row = found ?? SchemaRow(application: schema.application, schemaVersion: schema.version, writer: schema.writer, created: now)
        let log = ChangeLog(collects: false)
        while row.schemaVersion < schema.version {
            guard let migration = schema.migrations[row.schemaVersion] else {
                throw StoreError(
                    .notOpenable,
                    "the store is of version \(row.schemaVersion), written by \(row.writer), and this program (\(schema.writer)) can't bring "
                        + "it to version \(schema.version); open it with a version of the program in between first")
            }
            try migration(WriteTransaction(transaction, self, log))
            if let failure = log.failure { throw failure }
            row.schemaVersion += 1
        }
        row.writer = schema.writer
        if row != found { try view.put(schemaHandle, SchemaRow.key, row.encode()) }
        return Found(origin: origin, row: found, missing: missing)
    }

    private func check(_ row: SchemaRow?, against schema: Schema) throws {
        guard let row, Array(row.application.utf8) == Array(schema.application.utf8) else { throw Self.foreign }
        guard row.schemaVersion >= 1 else { throw StoreError(.corrupt, "the store's version is impossible; restore it from a backup") }
        guard row.schemaVersion <= schema.version else {
            throw StoreError(
                .newer,
                "the store is of version \(row.schemaVersion) and was last written by \(row.writer); this program (\(schema.writer)) knows "
                    + "versions up to \(schema.version). Use \(row.writer) or later.")
        }
    }

    private func row(_ view: TransactionView, _ handle: MDB_dbi) throws -> SchemaRow? {
        do {
            return try view.value(handle, SchemaRow.key) { try SchemaRow.decode($0) }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.corrupt, "the store's own row can't be read; restore the store from a backup")
        }
    }

    private func isEmpty(_ transaction: TransactionHandle) throws -> Bool {
        var main: MDB_dbi = 0
        let code = unsafe mdb_dbi_open(transaction.pointer, nil, 0, &main)
        guard code == 0 else { throw StoreError.failure(code, "open the store") }
        return try TransactionView(transaction, self).count(main) == 0
    }

    /// `nil` when there is no such table and it may not be made.
    private func table(_ name: String, in transaction: TransactionHandle, create: Bool) throws -> MDB_dbi? {
        var handle: MDB_dbi = 0
        let code = unsafe mdb_dbi_open(transaction.pointer, name, create ? UInt32(MDB_CREATE) : 0, &handle)
        if code == MDB_NOTFOUND, !create { return nil }
        guard code == 0 else { throw StoreError.failure(code, "open the store's table \(name)") }
        return handle
    }

    private static var foreign: StoreError {
        StoreError(.foreign, "the LMDB file there isn't a store of this program; choose another directory")
    }
}
