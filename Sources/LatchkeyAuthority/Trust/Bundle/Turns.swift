import Synchronization

/// Lets one through at a time, in the order in which they came, and only so many wait. Others may wait, without a turn of their own, for the end of the
/// one that is through. Who gives up waiting waits no longer.
final class Turns: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var isTaken = false
        var number: UInt64 = 0
        var waiting: [(number: UInt64, waiter: Waiter)] = []
        /// Who waits for the end of the turn that is taken.
        var watching: [(number: UInt64, waiter: Waiter)] = []
        /// Who gave up before the wait began.
        var gone: Set<UInt64> = []

        /// Takes who gave up out of those that wait.
        mutating func remove(_ number: UInt64) -> Waiter? {
            if let index = waiting.firstIndex(where: { $0.number == number }) { return waiting.remove(at: index).waiter }
            if let index = watching.firstIndex(where: { $0.number == number }) { return watching.remove(at: index).waiter }
            gone.insert(number)
            return nil
        }
    }

    private enum Answer {
        case turn, full, gone
    }

    private let most: Int
    private let state = Mutex(State())

    /// - Parameter most: how many may wait.
    init(most: Int) { self.most = most }

    /// How many wait for a turn now.
    var queue: Int { state.withLock { $0.waiting.count } }
    /// How many wait for the end of the turn that is taken.
    var watchers: Int { state.withLock { $0.watching.count } }

    /// Runs `body` when all that came before have been through.
    ///
    /// - Throws: `storage_unavailable` when too many wait; `CancellationError`.
    func take<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await begin(watching: false)
        defer { end() }
        return try await body()
    }

    /// Waits until the turn is over that is taken now, if one is, and holds up nobody by that. A turn that begins later is not waited for, and who
    /// waits here is refused by no number.
    ///
    /// - Throws: `CancellationError`.
    func settled() async throws { try await begin(watching: true) }

    private func begin(watching: Bool) async throws {
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        defer { _ = state.withLock { $0.gone.remove(number) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: Waiter) in
                switch answer(number, waiter, watching) {
                case .turn: waiter.resume()
                case .full:
                    waiter.resume(
                        throwing: AuthorityError(.storageUnavailable, "too many trust bundles are wanted at once; try again in a moment"))
                case .gone: waiter.resume(throwing: CancellationError())
                case nil: break
                }
            }
        } onCancel: {
            self.giveUp(number)
        }
    }

    /// `nil` for who waits.
    private func answer(_ number: UInt64, _ waiter: Waiter, _ isWatching: Bool) -> Answer? {
        state.withLock { state in
            if state.gone.contains(number) { return .gone }
            guard state.isTaken else {
                state.isTaken = !isWatching
                return .turn
            }
            if isWatching {
                state.watching.append((number, waiter))
                return nil
            }
            guard state.waiting.count < most else { return .full }
            state.waiting.append((number, waiter))
            return nil
        }
    }

    private func giveUp(_ number: UInt64) {
        let waiter = state.withLock { $0.remove(number) }
        waiter?.resume(throwing: CancellationError())
    }

    private func end() {
        let (watching, next) = state.withLock { state in
            defer { state.watching = [] }
            guard state.waiting.isEmpty else { return (state.watching, Waiter?.some(state.waiting.removeFirst().waiter)) }
            state.isTaken = false
            return (state.watching, nil)
        }
        for (_, waiter) in watching { waiter.resume() }
        next?.resume()
    }
}
