import CLMDB

/// What both kinds of transaction read through. Only this room can make or use one.
@safe package struct TransactionView {
    let transaction: OpaquePointer
    let environment: Environment
    /// The write that is running; `nil` in a snapshot.
    let changes: ChangeLog?

    init(_ handle: TransactionHandle, _ environment: Environment, changes: ChangeLog? = nil) {
        unsafe transaction = handle.pointer
        self.environment = environment
        self.changes = changes
    }

    func handle(_ slot: Int) -> MDB_dbi { environment.handles[slot] }

    /// Makes an error of a code, and remembers it: after most failures LMDB refuses the rest of a write transaction, even
    /// when the closure swallowed the error.
    func failed(_ code: Int32, _ doing: String) -> StoreError {
        let error = StoreError.failure(code, doing)
        changes?.note(error)
        return error
    }

    /// Calls `body` with the stored bytes under `key`, in place; `nil` when there are none.
    func value<Result>(_ handle: MDB_dbi, _ key: [UInt8], _ body: (Span<UInt8>) throws -> Result) throws -> Result? {
        guard isStorable(key) else { return nil }
        return try unsafe key.withUnsafeBytes { memory -> Result? in
            var wanted = unsafe MDB_val(memory)
            var found = unsafe MDB_val()
            let code = unsafe mdb_get(transaction, handle, &wanted, &found)
            if code == MDB_NOTFOUND { return nil }
            guard code == 0 else { throw failed(code, "read the store") }
            return try unsafe body(Span(_unsafeElements: found.bytes))
        }
    }

    func count(_ handle: MDB_dbi) throws -> Int {
        var stat = MDB_stat()
        let code = unsafe mdb_stat(transaction, handle, &stat)
        guard code == 0 else { throw failed(code, "read the store") }
        return stat.ms_entries
    }

    func put(_ handle: MDB_dbi, _ key: [UInt8], _ value: [UInt8]) throws {
        guard isStorable(key) else {
            throw StoreError(.invalidKey, "a key of \(key.count) bytes can't be stored; a key has 1 to \(storeKeyLimit) bytes")
        }
        let code = unsafe key.withUnsafeBytes { keyMemory in
            unsafe value.withUnsafeBytes { valueMemory in
                var key = unsafe MDB_val(keyMemory)
                var value = unsafe MDB_val(valueMemory)
                return unsafe mdb_put(transaction, handle, &key, &value, 0)
            }
        }
        guard code == 0 else { throw failed(code, "write to the store") }
    }

    /// - Returns: whether there was something to delete.
    func delete(_ handle: MDB_dbi, _ key: [UInt8]) throws -> Bool {
        guard isStorable(key) else { return false }
        let code = unsafe key.withUnsafeBytes { memory in
            var key = unsafe MDB_val(memory)
            return unsafe mdb_del(transaction, handle, &key, nil)
        }
        if code == MDB_NOTFOUND { return false }
        guard code == 0 else { throw failed(code, "delete from the store") }
        return true
    }

    private func isStorable(_ key: [UInt8]) -> Bool { !key.isEmpty && key.count <= storeKeyLimit }
}

extension MDB_val {
    /// LMDB reads what it is given; its type only lacks the word const.
    @unsafe init(_ memory: UnsafeRawBufferPointer) {
        unsafe self.init(mv_size: memory.count, mv_data: UnsafeMutableRawPointer(mutating: memory.baseAddress))
    }

    @unsafe var bytes: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeRawBufferPointer(start: mv_data, count: mv_size).bindMemory(to: UInt8.self)
    }
}
