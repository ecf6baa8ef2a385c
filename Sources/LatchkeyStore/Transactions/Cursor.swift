import CLMDB

/// A place in a table; must end before its transaction does.
@safe struct Cursor: ~Copyable {
    private let pointer: OpaquePointer
    private let view: TransactionView
    private var foundKey = unsafe MDB_val()
    private var foundValue = unsafe MDB_val()

    init(_ view: TransactionView, _ handle: MDB_dbi) throws {
        var opened: OpaquePointer?
        let code = unsafe mdb_cursor_open(view.transaction, handle, &opened)
        guard code == 0, let cursor = unsafe opened else { throw view.failed(code, "read the store") }
        unsafe pointer = cursor
        self.view = view
    }

    deinit { unsafe mdb_cursor_close(pointer) }

    var key: [UInt8] { unsafe Array(foundKey.bytes) }

    func withValue<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try unsafe body(Span(_unsafeElements: foundValue.bytes))
    }

    /// - Returns: whether there is a row.
    mutating func step(descending: Bool) throws -> Bool { try move(descending ? MDB_PREV : MDB_NEXT) }

    /// - Returns: whether there is a row from there on.
    mutating func place(at start: ScanRange.Start, descending: Bool) throws -> Bool {
        switch start {
        case .edge:
            return try move(descending ? MDB_LAST : MDB_FIRST)
        case .at(let wanted):
            guard try seek(wanted) else { return descending ? try move(MDB_LAST) : false }
            return descending && key != wanted ? try move(MDB_PREV) : true
        case .beyond(let wanted):
            guard try seek(wanted) else { return descending ? try move(MDB_LAST) : false }
            if descending { return try move(MDB_PREV) }
            return key == wanted ? try move(MDB_NEXT) : true
        }
    }

    /// Goes to the lowest key that is not below `wanted`.
    private mutating func seek(_ wanted: [UInt8]) throws -> Bool {
        let code = unsafe wanted.withUnsafeBytes { memory in
            unsafe foundKey = MDB_val(memory)
            return unsafe mdb_cursor_get(pointer, &foundKey, &foundValue, MDB_SET_RANGE)
        }
        return try isFound(code)
    }

    private mutating func move(_ operation: MDB_cursor_op) throws -> Bool {
        try isFound(unsafe mdb_cursor_get(pointer, &foundKey, &foundValue, operation))
    }

    private func isFound(_ code: Int32) throws -> Bool {
        if code == MDB_NOTFOUND { return false }
        guard code == 0 else { throw view.failed(code, "read the store") }
        return true
    }
}
