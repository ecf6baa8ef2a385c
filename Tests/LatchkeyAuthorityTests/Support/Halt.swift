import Glibc
import Synchronization

/// Holds somebody up between two steps, once each time that it is asked to.
final class Halt: Sendable {
    private let steps: [String]
    private let waiting = Mutex<(step: String, gate: Gate)?>(nil)
    private let turn = Mutex(0)

    /// - Parameter steps: one after the other, in turn.
    init(at steps: String...) { self.steps = steps }

    /// For ``AuthoritySeams/afterStep``.
    var seam: @Sendable (String) -> Void {
        { [self] name in
            let gate = waiting.withLock { waiting -> Gate? in
                guard let (step, gate) = waiting, step == name else { return nil }
                waiting = nil
                return gate
            }
            gate?.pass()
        }
    }

    /// Does `work`, and while that stands at the step, `meanwhile`.
    func during<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result, _ meanwhile: () async throws -> Void
    ) async throws -> Result {
        // A thread of the pool is held up, and a host with one core has one.
        guard sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 else {
            try await meanwhile()
            return try await work()
        }
        let gate = Gate()
        let step = turn.withLock { turn in
            turn += 1
            return steps[turn % steps.count]
        }
        waiting.withLock { $0 = (step, gate) }
        let isOver = Atomic(false)
        let working = Task {
            defer { isOver.store(true, ordering: .releasing) }
            return try await work()
        }
        while !gate.isEntered, !isOver.load(ordering: .acquiring) { await Task.yield() }
        waiting.withLock { $0 = nil }
        do {
            try await meanwhile()
        } catch {
            gate.open()
            _ = try await working.value
            throw error
        }
        gate.open()
        return try await working.value
    }
}
