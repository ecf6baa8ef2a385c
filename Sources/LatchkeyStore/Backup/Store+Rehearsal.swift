/// What was found in a store before this program's schema was put over it.
package struct StoreFacts: Sendable, Equatable {
    package let schemaVersion: Int
    /// The program that wrote it last.
    package let writer: String
    /// Slots of the tables that it did not have: an older program made it.
    package let missing: Set<Int>
}

/// What becomes of a transaction that was tried.
package enum RehearsalEnd: Sendable {
    case commit, abort
}

extension Store {
    /// Runs `body` on the calling thread in one transaction over the store in a directory that nobody has open, with the schema brought up to
    /// date in that transaction. Without a commit the file stays as it is, to the byte.
    ///
    /// It reads pages as they are: a damaged file can end the process, so one that is doubtful is opened in a process of its own.
    ///
    /// - Parameter isLocked: whether the caller holds the directory's lock itself.
    /// - Throws: as ``open(directory:schema:options:)``, `.notOpenable` where there is no store; what `body` throws.
    package static func rehearse<Result>(
        directory path: String, schema: Schema, options: Options = Options(), isLocked: Bool = false,
        _ body: (borrowing WriteTransaction, StoreFacts) throws -> (Result, RehearsalEnd)
    ) throws -> Result {
        guard StoreDirectory.holdsFile(path) else {
            throw StoreError(.notOpenable, "there is no store in \(path); name the directory of one")
        }
        let directory = try StoreDirectory(path)
        let lock = isLocked ? nil : try DirectoryLock(directory: path)
        defer { lock?.release() }
        guard try DataFile.inspect(directory.dataFile) == .plausible else {
            throw StoreError(.notOpenable, "there is no store in \(path); name the directory of one")
        }
        let environment = try Environment(directory: path, tables: schema.tables.count, options: options)
        defer { environment.close() }
        let transaction = try environment.begin(readOnly: false)
        let result: Result
        do {
            let found = try environment.prepare(transaction, schema, mayCreate: false, now: options.now())
            let log = ChangeLog(collects: false)
            let facts = StoreFacts(
                schemaVersion: found.row?.schemaVersion ?? schema.version, writer: found.row?.writer ?? schema.writer,
                missing: found.missing)
            let end: RehearsalEnd
            (result, end) = try body(WriteTransaction(transaction, environment, log), facts)
            if let failure = log.failure { throw failure }
            guard end == .commit else {
                transaction.abort()
                return result
            }
        } catch {
            transaction.abort()
            throw error
        }
        try transaction.commit()
        // From now on a lost file is not mistaken for a first start.
        try lock?.remember()
        return result
    }
}
