import CLMDB

/// One open LMDB environment and the handles of its tables. Whoever closes it has made sure that no transaction is left.
@safe final class Environment: @unchecked Sendable {
    private let pointer: OpaquePointer
    /// One for each table of the schema, by slot; filled once while the store is opened, before anyone else can see it.
    private(set) var handles: [MDB_dbi] = []
    private(set) var schemaHandle: MDB_dbi = 0

    /// Opens or makes `data.mdb` in a directory that exists, with durable commits, and mode 0600.
    init(directory: String, tables: Int, options: Store.Options) throws(StoreError) {
        var created: OpaquePointer?
        let made = unsafe mdb_env_create(&created)
        guard made == 0, let environment = unsafe created else { throw .failure(made, "make the store's environment") }
        unsafe mdb_env_set_mapsize(environment, options.mapSize)
        unsafe mdb_env_set_maxdbs(environment, MDB_dbi(tables + 1))
        unsafe mdb_env_set_maxreaders(environment, options.maxReaders)
        // Without MDB_NOTLS a reader would be tied to its thread, and the pool of them could not be shared.
        let opened = unsafe mdb_env_open(environment, directory, UInt32(MDB_NOTLS), 0o600)
        guard opened == 0 else {
            unsafe mdb_env_close(environment)
            throw .failure(opened, "open the store")
        }
        unsafe pointer = environment
    }

    func setHandles(_ handles: [MDB_dbi], schema: MDB_dbi) {
        self.handles = handles
        schemaHandle = schema
    }

    /// Begins a transaction; a write transaction belongs to the calling thread.
    func begin(readOnly: Bool) throws(StoreError) -> TransactionHandle {
        var transaction: OpaquePointer?
        let code = unsafe mdb_txn_begin(pointer, nil, readOnly ? UInt32(MDB_RDONLY) : 0, &transaction)
        guard code == 0, let transaction = unsafe transaction else {
            throw .failure(code, readOnly ? "read the store" : "write to the store")
        }
        return unsafe TransactionHandle(pointer: transaction)
    }

    /// Bytes of the file up to the last page that was ever used, and bytes of one page.
    var extent: (used: Int, page: Int) {
        var info = unsafe MDB_envinfo()
        var stat = MDB_stat()
        unsafe mdb_env_info(pointer, &info)
        unsafe mdb_env_stat(pointer, &stat)
        let page = Int(stat.ms_psize)
        return unsafe ((info.me_last_pgno + 1) * page, page)
    }

    /// Writes a copy of what is committed now to a descriptor, without free pages and what lies in them. Takes a snapshot for as long as that
    /// takes; whoever reads the other end of a pipe may make it end early by closing that.
    func copy(to descriptor: Int32) throws(StoreError) {
        let code = unsafe mdb_env_copyfd2(pointer, descriptor, UInt32(MDB_CP_COMPACT))
        guard code == 0 else { throw .failure(code, "copy the store") }
    }

    /// Whether LMDB has given up on the environment: it refuses every transaction then.
    var isBroken: Bool {
        do throws(StoreError) {
            try begin(readOnly: true).abort()
            return false
        } catch {
            return error.cause == MDB_PANIC
        }
    }

    /// Forces to disk what the kernel may still hold, and closes.
    func close() {
        unsafe mdb_env_sync(pointer, 1)
        unsafe mdb_env_close(pointer)
    }
}
