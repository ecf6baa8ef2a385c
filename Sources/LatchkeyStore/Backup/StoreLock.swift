/// Keeps everybody else out of a store's directory for as long as it lives, without opening the store.
package final class StoreLock: Sendable {
    private let lock: DirectoryLock

    /// - Throws: `.locked` when it is in use; `.unavailable` when the directory can't be written.
    package init(directory: String) throws(StoreError) { lock = try DirectoryLock(directory: directory) }

    package func release() { lock.release() }
}
