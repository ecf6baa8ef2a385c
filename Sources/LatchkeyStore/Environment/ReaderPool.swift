import Synchronization

/// Hands out read transactions, and keeps the used ones: renewing one is several times cheaper than beginning one.
///
/// It also is the gate that closing waits at: LMDB may only close when no transaction is left.
final class ReaderPool: Sendable {
    private struct State {
        var environment: Environment?
        var idle: [TransactionHandle] = []
        var active = 0
        /// Why there is no environment, for those who come meanwhile.
        var refusal = StoreError(.closed, "the store was closed")
        var waiter: Semaphore?
    }

    private let state: Mutex<State>

    init(_ environment: Environment) { state = Mutex(State(environment: environment)) }

    func begin() throws(StoreError) -> (transaction: TransactionHandle, environment: Environment) {
        let (environment, idle): (Environment, TransactionHandle?) = try state.withLock { state throws(StoreError) in
            guard let environment = state.environment else { throw state.refusal }
            state.active += 1
            return (environment, state.idle.popLast())
        }
        do throws(StoreError) {
            guard let idle else { return (try environment.begin(readOnly: true), environment) }
            do throws(StoreError) {
                try idle.renew()
            } catch {
                idle.abort()
                throw error
            }
            return (idle, environment)
        } catch {
            leave(nil)
            throw error
        }
    }

    func end(_ transaction: TransactionHandle) {
        transaction.reset()
        leave(transaction)
    }

    private func leave(_ transaction: TransactionHandle?) {
        let waiter: Semaphore? = state.withLock { state in
            if let transaction { state.idle.append(transaction) }
            state.active -= 1
            return state.active == 0 ? state.waiter : nil
        }
        waiter?.signal()
    }

    /// Lets nobody in any more, waits for the last reader to leave, and frees the readers. What comes later gets `refusal`.
    /// - Returns: the environment, which now has no reader; `nil` when it was drained before.
    func drain(refusal: StoreError) -> Environment? {
        let done = Semaphore()
        let (environment, busy): (Environment?, Bool) = state.withLock { state in
            state.refusal = refusal
            guard let environment = state.environment else { return (nil, false) }
            state.environment = nil
            state.waiter = done
            return (environment, state.active > 0)
        }
        if busy { done.wait() }
        let idle = state.withLock { state in
            defer { state.idle = [] }
            state.waiter = nil
            return state.idle
        }
        for transaction in idle { transaction.abort() }
        return environment
    }

    /// Opens the gate again, after ``drain(refusal:)``.
    func admit(_ environment: Environment) { state.withLock { $0.environment = environment } }
}
