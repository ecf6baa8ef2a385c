import Glibc
import LatchkeyStore
import Synchronization

/// One thread that jobs run on, as on an event loop.
final class OneThread: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    private let waiting = Semaphore()
    private let threads = Mutex<Set<UInt>>([])

    init() throws {
        _ = try PinnedThread { [self] in
            threads.withLock { _ = $0.insert(UInt(pthread_self())) }
            while true {
                waiting.wait()
                guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return }
                job.runSynchronously(on: asUnownedTaskExecutor())
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        waiting.signal()
    }

    /// Ends the thread once nothing is left to do.
    func end() { waiting.signal() }

    /// Does work as a request does that prefers an event loop.
    ///
    /// - Returns: what came of it, and the loop's own threads.
    static func run<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> (result: Result, threads: Set<UInt>) {
        let loop = try OneThread()
        defer { loop.end() }
        let result = try await Task(executorPreference: loop) { try await work() }.value
        return (result, loop.threads.withLock { $0 })
    }
}

/// The threads on which steps are taken.
final class ThreadWatch: Sendable {
    private let prefix: String
    private let seen = Mutex<Set<UInt>>([])

    /// - Parameter prefix: of the names of the steps.
    init(of prefix: String) { self.prefix = prefix }

    var threads: Set<UInt> { seen.withLock { $0 } }

    /// For ``AuthoritySeams/afterStep``.
    var seam: @Sendable (String) -> Void {
        { [self] step in if step.hasPrefix(prefix) { seen.withLock { _ = $0.insert(UInt(pthread_self())) } } }
    }
}
