import Synchronization

/// Lets one through at a time, in the order in which they came, and only so many wait; who has little to do goes in front of these, and is
/// not counted. Who gives up waiting waits no longer.
final class Turns: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var isTaken = false
        var number: UInt64 = 0
        var waiting: [(number: UInt64, waiter: Waiter)] = []
        /// How many of these are in front.
        var inFront = 0
        /// Who gave up before the wait began.
        var gone: Set<UInt64> = []

        mutating func remove(at index: Int) -> Waiter {
            if index < inFront { inFront -= 1 }
            return waiting.remove(at: index).waiter
        }
    }

    private enum Answer {
        case turn, full, gone
    }

    private let most: Int
    private let state = Mutex(State())

    /// - Parameter most: how many may wait.
    init(most: Int) { self.most = most }

    /// How many wait now.
    var queue: Int { state.withLock { $0.waiting.count } }

    /// Runs `body` when all that came before have been through.
    ///
    /// - Throws: `storage_unavailable` when too many wait; `CancellationError`.
    func take<Result>(inFront: Bool = false, _ body: () async throws -> Result) async throws -> Result {
        try await begin(inFront)
        defer { end() }
        return try await body()
    }

    private func begin(_ isInFront: Bool) async throws {
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        defer { _ = state.withLock { $0.gone.remove(number) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: Waiter) in
                switch answer(number, waiter, isInFront) {
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
    private func answer(_ number: UInt64, _ waiter: Waiter, _ isInFront: Bool) -> Answer? {
        state.withLock { state in
            if state.gone.contains(number) { return .gone }
            guard state.isTaken else {
                state.isTaken = true
                return .turn
            }
            if isInFront {
                state.waiting.insert((number, waiter), at: state.inFront)
                state.inFront += 1
                return nil
            }
            guard state.waiting.count - state.inFront < most else { return .full }
            state.waiting.append((number, waiter))
            return nil
        }
    }

    private func giveUp(_ number: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiting.firstIndex(where: { $0.number == number }) else {
                state.gone.insert(number)
                return nil
            }
            return state.remove(at: index)
        }
        waiter?.resume(throwing: CancellationError())
    }

    private func end() {
        let next = state.withLock { state -> Waiter? in
            guard state.waiting.isEmpty else { return state.remove(at: 0) }
            state.isTaken = false
            return nil
        }
        next?.resume()
    }
}
