import CLMDB

/// One LMDB transaction. With `MDB_NOTLS` a read transaction may wander between threads, one at a time.
@safe struct TransactionHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Makes it durable. LMDB frees the transaction whether it succeeds or not.
    func commit() throws(StoreError) {
        let code = unsafe mdb_txn_commit(pointer)
        guard code == 0 else { throw .failure(code, "make a write durable") }
    }

    func abort() { unsafe mdb_txn_abort(pointer) }

    /// Lets go of the snapshot but keeps the reader's slot, for ``renew()``.
    func reset() { unsafe mdb_txn_reset(pointer) }

    /// A new snapshot in a reader that was reset.
    func renew() throws(StoreError) {
        let code = unsafe mdb_txn_renew(pointer)
        guard code == 0 else { throw .failure(code, "read the store") }
    }
}
