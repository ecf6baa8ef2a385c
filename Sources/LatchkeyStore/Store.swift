import Synchronization

/// A store of typed tables in one directory, with snapshot reads on the calling thread and one thread that writes.
///
/// ```swift
/// let keys = Table<String, KeyRecord>("api-keys", slot: 0)
/// let store = try Store.open(directory: "/var/lib/latchkey/store", schema: schema)
/// try await store.write { transaction in try transaction.put(keys, "ak_1", record) }
/// let record = try store.read { transaction in try transaction.get(keys, "ak_1") }
/// ```
/// A write that returned is on disk. A write that threw left no trace, with one exception: after an I/O error at the very
/// last step of a commit nobody can know.
package final class Store: Sendable {
    let readers: ReaderPool
    let writer: Writer
    private let thread: PinnedThread

    init(readers: ReaderPool, writer: Writer, thread: PinnedThread) {
        self.readers = readers
        self.writer = writer
        self.thread = thread
    }

    deinit { close() }

    /// Runs `body` on the calling thread with a snapshot of all that is committed. Reads don't wait for writes or each other.
    ///
    /// Nothing of the transaction may outlive `body`. Don't call ``close()`` inside, and don't wait for a write: both wait
    /// for reads to end, a write only when the disk fails.
    /// - Throws: `.closed` after ``close()``, `.unavailable` when the store can't be read, and what `body` throws.
    package func read<Result>(_ body: (borrowing ReadTransaction) throws -> Result) throws -> Result {
        let (transaction, environment) = try readers.begin()
        defer { readers.end(transaction) }
        return try body(ReadTransaction(TransactionView(transaction, environment)))
    }

    /// Runs `body` on the writer's thread, and returns its result once all that it changed is on disk.
    ///
    /// Closures that wait at the same time share a transaction and a sync; each sees the changes of those before it. `body`
    /// should read and decide first and then write: an error before the first change costs nothing, one after it makes the
    /// batch run again. So `body` may run more than once and must change nothing but the store; keep it short. Cancelling
    /// the task doesn't take the write back.
    /// - Parameter purpose: `.essential` goes on when room is short.
    /// - Throws: what `body` throws, and then none of its changes remain; `.unavailable` when there is no room or the disk
    ///   fails; `.closed` after ``close()``.
    package func write<Success: Sendable>(
        _ purpose: WritePurpose = .growth, _ body: @escaping @Sendable (borrowing WriteTransaction) throws -> Success
    ) async throws -> Success {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(WriteClosure(purpose, body) { continuation.resume(with: $0) })
        }
    }

    /// As ``write(_:_:)``, but blocks the calling thread: for start-up code and tests, never on an event loop and never
    /// inside another write, which would wait for itself.
    package func writeAndWait<Success: Sendable>(
        _ purpose: WritePurpose = .growth, _ body: @escaping @Sendable (borrowing WriteTransaction) throws -> Success
    ) throws -> Success {
        precondition(!thread.isCurrent, "a write can't wait for another write")
        let done = Semaphore()
        let result = Mutex<Result<Success, any Error>?>(nil)
        enqueue(
            WriteClosure(purpose, body) { outcome in
                result.withLock { $0 = outcome }
                done.signal()
            })
        done.wait()
        return try result.withLock { $0! }.get()
    }

    private func enqueue(_ job: some WriteJob) {
        if !writer.queue.add(WaitingJob(job: job)) { job.finish(StoreError(.closed, "the store was closed")) }
    }

    /// Whether writes succeed, and if not, since when and why. Gets well by itself after the next durable commit; while it's
    /// ill the writer tries one every ``Options/probeInterval``.
    package var health: StoreHealth { writer.report.withLock { $0.health } }

    package var statistics: StoreStatistics {
        var statistics = writer.report.withLock { $0.statistics }
        statistics.waiting = writer.queue.count
        return statistics
    }

    /// Lets the queued writes finish, waits for reads to end, syncs and closes. Later calls of anything throw `.closed`;
    /// closing again does nothing. Must not be called inside a read.
    package func close() {
        writer.queue.close()
        thread.join()
    }
}
