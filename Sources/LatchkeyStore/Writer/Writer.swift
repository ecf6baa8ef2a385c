import Synchronization

/// The one thread that writes. It takes all closures that wait, runs them in one transaction, makes that durable with one
/// sync, and only then hands out their results: refusals too, for they may rest on what another closure of the batch wrote.
///
/// A closure that fails after it changed something spoils the transaction; then the batch is run again, each closure in a
/// transaction of its own, so that each stands or falls alone.
final class Writer: @unchecked Sendable {
    struct Report: Sendable {
        var health = StoreHealth()
        var statistics = StoreStatistics()
    }

    let queue = WriteQueue()
    let report = Mutex(Report())
    /// Where the store lives.
    let directory: String
    private let readers: ReaderPool
    private let options: Store.Options
    private let reopen: @Sendable () throws(StoreError) -> Environment
    private let end: @Sendable () -> Void
    // What follows belongs to the writer's thread.
    /// `nil` only while LMDB has given up on the old one and a new one could not be opened yet.
    private var environment: Environment?
    private var headroom: Headroom

    /// - Parameters:
    ///   - reopen: opens the same store again, after LMDB gave up on the environment.
    ///   - end: called last, when the environment is closed.
    init(
        _ environment: Environment, _ readers: ReaderPool, directory: String, options: Store.Options,
        reopen: @escaping @Sendable () throws(StoreError) -> Environment, end: @escaping @Sendable () -> Void
    ) {
        self.environment = environment
        self.readers = readers
        self.directory = directory
        self.options = options
        self.reopen = reopen
        self.end = end
        headroom = Headroom(directory: directory, options: options)
        report.withLock {
            $0.statistics.mapSize = options.mapSize
            $0.statistics.mapUsed = environment.extent.used
        }
    }

    /// Bytes that are kept for revocations and clean-up.
    var headroomBytes: Int { options.headroomBytes }

    /// The life of the writer's thread.
    func run() {
        look()
        while true {
            let ill = report.withLock { !$0.health.isWritable }
            let jobs = queue.take(options.maxBatch, patience: (ill ? options.probeInterval : options.lookInterval).nanoseconds)
            guard let jobs else { break }
            if !jobs.isEmpty { commit(admitted(jobs)) } else if ill { probe() } else { look() }
        }
        if let environment = readers.drain(refusal: StoreError(.closed, "the store was closed")) { environment.close() }
        end()
    }

    /// Refuses growth while there is little room; returns what may be tried.
    private func admitted(_ jobs: [WaitingJob]) -> [any WriteJob] {
        guard jobs.contains(where: { $0.job.purpose == .growth }) else { return jobs.map(\.job) }
        guard let environment, let shortage = headroom.shortage(in: environment) else { return jobs.map(\.job) }
        fell(ill: shortage)
        var admitted: [any WriteJob] = []
        for waiting in jobs {
            if waiting.job.purpose == .growth { waiting.job.finish(shortage) } else { admitted.append(waiting.job) }
        }
        return admitted
    }

    private func commit(_ jobs: [any WriteJob]) {
        guard !jobs.isEmpty else { return }
        switch attempt(jobs) {
        case .stands(let changes):
            observe(changes)
            for job in jobs { job.finish(nil) }
        case .spoiled(let error) where jobs.count == 1:
            jobs[0].finish(error)
        case .spoiled:
            report.withLock { $0.statistics.replays += 1 }
            for job in jobs { commit([job]) }
        case .failed(let error):
            // What frees room must not fail only because it was taken together with what needs room.
            let growth = jobs.filter { $0.purpose == .growth }
            for job in growth { job.finish(error) }
            let essential = jobs.filter { $0.purpose == .essential }
            if growth.isEmpty { for job in essential { job.finish(error) } } else { commit(essential) }
        }
    }

    private enum Attempt {
        case stands([Change])
        /// A closure failed after it changed something, or LMDB failed within it; nothing of the batch remains.
        case spoiled(any Error)
        /// The transaction could not begin or not be made durable; nothing of the batch remains.
        case failed(StoreError)
    }

    private func attempt(_ jobs: [any WriteJob]) -> Attempt {
        let log = ChangeLog(collects: options.onCommit != nil)
        var writing = 0
        let began = MonotonicTime.now
        do throws(StoreError) {
            let environment = try usableEnvironment()
            let transaction = try environment.begin(readOnly: false)
            for job in jobs {
                let before = log.count
                let error = job.run(WriteTransaction(transaction, environment, log))
                if let failure = log.failure {
                    transaction.abort()
                    if failure.code == .unavailable { fell(ill: failure) }
                    return .spoiled(failure)
                }
                if let error, log.count != before {
                    transaction.abort()
                    return .spoiled(error)
                }
                if log.count != before { writing += 1 }
            }
            guard log.count > 0 else {
                transaction.abort()
                return .stands([])
            }
            try transaction.commit()
        } catch {
            let error = error.code == .unavailable ? error : StoreError(.unavailable, error.message, cause: error.cause)
            fell(ill: error)
            leaveIfBroken()
            return .failed(error)
        }
        stood(closures: writing)
        options.onDurable?(writing, MonotonicTime.now - began)
        return .stands(log.changes)
    }

    private func observe(_ changes: [Change]) {
        if !changes.isEmpty { options.onCommit?(changes) }
    }

    /// Finds out that room is short also when nobody writes: who looks at the health should not be told by the first refusal.
    private func look() {
        if let environment, let shortage = headroom.shortage(in: environment) { fell(ill: shortage) }
    }

    /// Writes the schema's row as it is, to find out whether writing works again when nobody else tries.
    private func probe() {
        if let environment, headroom.shortage(in: environment) != nil { return }
        commit([WriteClosure(.essential, { try $0.rewriteSchemaRow() }, deliver: { _ in })])
    }

    private func fell(ill error: StoreError) {
        report.withLock { report in
            report.health.problem = error.message
            report.health.since = report.health.since ?? MonotonicTime.now
        }
    }

    private func stood(closures: Int) {
        let used = environment?.extent.used
        let short = headroom.isShort
        report.withLock { report in
            report.statistics.batches += 1
            report.statistics.closures += closures
            report.statistics.mapUsed = used ?? report.statistics.mapUsed
            if !short { report.health = StoreHealth() }
        }
    }

    /// When writing the page that names the newest state fails, LMDB refuses everything, reads too, until it's opened anew.
    private func leaveIfBroken() {
        guard let broken = environment, broken.isBroken else { return }
        let pause = StoreError(.unavailable, "the store is being opened again after a failed write; try again soon")
        readers.drain(refusal: pause)?.close()
        environment = nil
        // Reads want one at once. If it can't be had now, the next write or probe tries again.
        _ = try? usableEnvironment()
    }

    private func usableEnvironment() throws(StoreError) -> Environment {
        if let environment { return environment }
        let opened = try reopen()
        environment = opened
        readers.admit(opened)
        return opened
    }
}
