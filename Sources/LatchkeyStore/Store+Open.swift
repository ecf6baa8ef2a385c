extension Store {
    /// Opens the store in `directory`, or makes it: the directory with mode 0700, its parents must exist; files with 0600.
    /// - Throws: `.locked` when it's in use, `.foreign`, `.corrupt`, `.newer`, `.unavailable` when the directory can't be
    ///   written, `.notOpenable` with the reason for the rest. What it finds in the directory is left as it was.
    package static func open(directory path: String, schema: Schema, options: Options = Options()) throws(StoreError) -> Store {
        let directory = try StoreDirectory(path)
        let lock = try DirectoryLock(directory: path)
        let finding = try DataFile.inspect(directory.dataFile)
        if finding == .nothing, lock.remembersStore {
            throw StoreError(
                .corrupt,
                "\(directory.dataFile) is gone or empty, but a store was made here. Restore it from a backup, or choose another directory "
                    + "to begin anew.")
        }
        let environment = try Environment(directory: path, tables: schema.tables.count, options: options)
        do throws(StoreError) {
            _ = try environment.install(schema, mayCreate: !lock.remembersStore, now: options.now())
            if !lock.remembersStore {
                try lock.remember()
                try directory.sync()
            }
        } catch {
            environment.close()
            throw error
        }
        let readers = ReaderPool(environment)
        let reopen: @Sendable () throws(StoreError) -> Environment = { () throws(StoreError) in
            let environment = try Environment(directory: path, tables: schema.tables.count, options: options)
            do throws(StoreError) {
                _ = try environment.install(schema, mayCreate: false, now: options.now())
            } catch {
                environment.close()
                throw error
            }
            return environment
        }
        // The lock goes last, when nothing of the environment is left.
        let writer = Writer(environment, readers, directory: path, options: options, reopen: reopen) { [lock] in lock.release() }
        do throws(StoreError) {
            return Store(readers: readers, writer: writer, thread: try PinnedThread { writer.run() })
        } catch {
            environment.close()
            throw error
        }
    }
}
