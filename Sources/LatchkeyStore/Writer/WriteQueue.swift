import Synchronization

/// The closures that wait for the writer.
final class WriteQueue: Sendable {
    private struct State {
        var jobs: [WaitingJob] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let bell = Semaphore()

    /// - Returns: false when the queue was closed.
    func add(_ job: WaitingJob) -> Bool {
        let (accepted, first) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.jobs.append(job)
            return (true, state.jobs.count == 1)
        }
        if first { bell.signal() }
        return accepted
    }

    var count: Int { state.withLock { $0.jobs.count } }

    /// Accepts no more. What is queued is still taken.
    func close() {
        state.withLock { $0.isClosed = true }
        bell.signal()
    }

    /// The oldest jobs; waits while there are none, for `patience` nanoseconds at most.
    /// - Returns: no jobs when patience ran out; `nil` when the queue is closed and empty.
    func take(_ most: Int, patience: UInt64?) -> [WaitingJob]? {
        if let jobs = takeNow(most) { return jobs.isEmpty ? nil : jobs }
        if let patience {
            bell.wait(nanoseconds: patience)
            guard let jobs = takeNow(most) else { return [] }
            return jobs.isEmpty ? nil : jobs
        }
        while true {
            bell.wait()
            if let jobs = takeNow(most) { return jobs.isEmpty ? nil : jobs }
        }
    }

    /// - Returns: `nil` when there are none yet; an empty list when there will be none.
    private func takeNow(_ most: Int) -> [WaitingJob]? {
        state.withLock { state in
            if state.jobs.isEmpty { return state.isClosed ? [] : nil }
            let jobs = Array(state.jobs.prefix(most))
            state.jobs.removeFirst(jobs.count)
            return jobs
        }
    }
}

/// A job on its way to the writer's thread, the only one that touches it from then on.
struct WaitingJob: @unchecked Sendable {
    let job: any WriteJob
}
