import Synchronization

/// One watcher's way to the events of its organisation. Bounded: a watcher that does not keep up is dropped, never waited for.
package final class EventSubscription: Sendable {
    package enum Signal: Sendable {
        case event(AuthorityEvent)
        /// Nothing has happened for a while.
        case heartbeat
    }

    /// Why there will be no more.
    package enum Ending: String, Sendable {
        /// More has happened than was read.
        case tooSlow = "events came faster than they were read"
        /// The credential is not valid any more.
        case credential = "the credential is not valid any more"
        case stopping = "the daemon is stopping"
        /// The watcher itself has gone.
        case gone = "the subscriber has gone"
    }

    private struct State {
        var waiting: [Signal] = []
        /// Signals before this index have been read.
        var head = 0
        var reader: CheckedContinuation<Signal?, Never>?
        var ending: Ending?
        /// Seconds of quiet.
        var quiet = 0
        var whenEnded: (@Sendable () -> Void)?

        mutating func take() -> Signal? {
            guard head < waiting.count else { return nil }
            defer {
                head += 1
                if head == waiting.count { clear() }
            }
            return waiting[head]
        }

        mutating func clear() {
            waiting = []
            head = 0
        }
    }

    let principal: Principal
    private let types: Set<String>?
    /// Events that wait to be read, at most.
    private let most: Int
    private let state = Mutex(State())

    init(principal: Principal, types: Set<String>?, most: Int) {
        self.principal = principal
        self.types = types
        self.most = most
    }

    /// Why it ended; `nil` while it goes on.
    package var ending: Ending? { state.withLock { $0.ending } }

    /// The next signal, in the order in which they were told; `nil` once it has ended. One reader at a time.
    package func next() async -> Signal? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let signal: Signal?? = state.withLock { state in
                    if let waiting = state.take() { return .some(waiting) }
                    guard state.ending == nil, state.reader == nil else { return .some(nil) }
                    state.reader = continuation
                    return nil
                }
                if let signal { continuation.resume(returning: signal) }
            }
        } onCancel: {
            end(.gone)
        }
    }

    package func end(_ ending: Ending) {
        let (reader, action) = state.withLock { state in
            if state.ending == nil { state.ending = ending }
            // What waits is not worth anything to somebody who has gone, may not know it, or can't keep up.
            if ending != .stopping { state.clear() }
            defer {
                state.reader = nil
                state.whenEnded = nil
            }
            return (state.reader, state.whenEnded)
        }
        reader?.resume(returning: nil)
        action?()
    }

    /// Has something done once, when it ends; at once if it has ended.
    package func whenEnded(_ action: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if state.ending == nil { state.whenEnded = action }
            return state.ending != nil
        }
        if isOver { action() }
    }

    /// Whether this watcher may and wants to see an event.
    func wants(_ event: AuthorityEvent) -> Bool {
        if let types, !types.contains(event.type) { return false }
        guard let organisation = event.organisation else { return principal.isAdministrator }
        return organisation.utf8.elementsEqual(principal.organisation.utf8)
    }

    func tell(_ event: AuthorityEvent) { give(.event(event)) }

    /// Called each second: after `interval` quiet ones a heartbeat goes out, so that both ends notice when the other has gone.
    func beat(every interval: Int) {
        let isDue = state.withLock { state in
            state.quiet += 1
            return state.quiet >= interval
        }
        if isDue { give(.heartbeat) }
    }

    private func give(_ signal: Signal) {
        let outcome: (reader: CheckedContinuation<Signal?, Never>?, isFull: Bool) = state.withLock { state in
            guard state.ending == nil else { return (nil, false) }
            state.quiet = 0
            if let reader = state.reader {
                state.reader = nil
                return (reader, false)
            }
            guard state.waiting.count - state.head < most else { return (nil, true) }
            state.waiting.append(signal)
            return (nil, false)
        }
        outcome.reader?.resume(returning: signal)
        if outcome.isFull { end(.tooSlow) }
    }
}
