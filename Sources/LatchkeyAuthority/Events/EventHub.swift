import Synchronization

/// Who watches, and the one place that tells them. With no watcher an event costs one look at a number.
final class EventHub: Sendable {
    /// Watchers of the whole install, and of one organisation: one organisation can't shut out the others.
    static let most = 128
    static let mostOfOne = 32
    /// The operator's own, which nobody else's count against.
    static let mostOfOperator = 16

    private struct State {
        var subscriptions: [ObjectIdentifier: EventSubscription] = [:]
        var isClosed = false

        func hasRoom(for principal: Principal) -> Bool {
            let others = subscriptions.values.map(\.principal).filter { $0.isAdministrator == principal.isAdministrator }
            if principal.isAdministrator { return others.count < EventHub.mostOfOperator }
            let own = others.count { $0.organisation.utf8.elementsEqual(principal.organisation.utf8) }
            return others.count < EventHub.most && own < EventHub.mostOfOne
        }
    }

    private let state = Mutex(State())
    private let watchers = Atomic<Int>(0)

    var isWatched: Bool { watchers.load(ordering: .relaxed) > 0 }

    /// - Throws: `too_many_subscribers`.
    func add(_ subscription: EventSubscription) throws(AuthorityError) {
        let outcome: (isAdded: Bool, isClosed: Bool) = state.withLock { state in
            guard !state.isClosed else { return (false, true) }
            guard state.hasRoom(for: subscription.principal) else { return (false, false) }
            state.subscriptions[ObjectIdentifier(subscription)] = subscription
            watchers.store(state.subscriptions.count, ordering: .relaxed)
            return (true, false)
        }
        if outcome.isClosed { return subscription.end(.stopping) }
        guard outcome.isAdded else {
            throw AuthorityError(
                .tooManySubscribers,
                "too many subscribers watch already: \(Self.mostOfOne) an organisation and \(Self.most) in all; end one, or try again later"
            )
        }
    }

    func remove(_ subscription: EventSubscription) {
        state.withLock { state in
            state.subscriptions[ObjectIdentifier(subscription)] = nil
            watchers.store(state.subscriptions.count, ordering: .relaxed)
        }
    }

    var subscriptions: [EventSubscription] { state.withLock { Array($0.subscriptions.values) } }

    func tell(_ event: AuthorityEvent) {
        for subscription in subscriptions where subscription.wants(event) { subscription.tell(event) }
    }

    /// Ends all subscriptions, and every later one at once.
    func close() {
        let ended = state.withLock { state in
            state.isClosed = true
            defer { state.subscriptions = [:] }
            watchers.store(0, ordering: .relaxed)
            return Array(state.subscriptions.values)
        }
        for subscription in ended { subscription.end(.stopping) }
    }
}
