import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Synchronization

extension Authority {
    /// Seconds of quiet after which a heartbeat is told.
    private static let heartbeat = 15
    /// Seconds between two looks at a watcher's credential.
    private static let recheck = 30
    /// What a watcher must hold for as long as it watches.
    private static let watching = Scope.trusted(stored: "relayauth:audit:read:*")!
    /// What may end a credential, or what it may do: every watcher's is looked at again at once.
    private static let endings: Set<String> = Set(
        [
            AuditRecord.Action.tokenRevoked, .tokenReuseDetected, .apiKeyRevoked, .apiKeyRotated, .identityUpdated, .identitySuspended,
            .identityRetired, .identityDeleted, .keyRevoked, .cutoverAdvanced,
        ].map(\.rawValue))

    /// Lets a caller watch what happens in its organisation from now on; the operator on the socket also sees what belongs to none.
    ///
    /// - Parameter types: only these; all when `nil`.
    /// - Throws: `invalid_request` for a type that does not exist, `too_many_subscribers`.
    package func subscribe(types: [String]?, by caller: Caller) throws -> EventSubscription {
        if let unknown = types?.first(where: { !AuthorityEvent.types.contains($0) }) {
            throw AuthorityError.invalid(
                "types", "there is no type \(unknown.prefix(100)); they are \(AuthorityEvent.types.joined(separator: ", "))")
        }
        try caller.requireOwn()
        let subscription = EventSubscription(
            principal: caller.principal, types: types.map { Set($0) }, most: settings.mostWaitingEvents)
        try events.add(subscription)
        // A credential that died after it was presented and before it was on the list would not be noticed for half a minute.
        recheck(subscription, at: clock.now())
        return subscription
    }

    /// Takes a subscription that has ended off the list.
    package func unsubscribe(_ subscription: EventSubscription) { events.remove(subscription) }

    /// Ends all event streams, for a clean stop.
    package func endEvents() { events.close() }

    /// Called each second: gives heartbeats where it was quiet, and looks at watchers' credentials now and then.
    package func tickEvents() {
        let second = eventTicks.add(1, ordering: .relaxed).newValue
        if second % Self.recheck == 0 { recheckWatchers() }
        for subscription in events.subscriptions { subscription.beat(every: Self.heartbeat) }
    }

    func recheckWatchers() {
        let now = clock.now()
        for subscription in events.subscriptions { recheck(subscription, at: now) }
    }

    private func recheck(_ subscription: EventSubscription, at now: Timestamp) {
        let principal = subscription.principal
        let mayWatch = try? read { transaction in
            guard try Self.isLive(principal, at: now, in: transaction) else { return false }
            // What a self-service key may do follows its identity from one moment to the next.
            return try principal.owner == nil || Self.identityScopes(of: principal, in: transaction)?.covers(Self.watching) == true
        }
        if mayWatch != true { subscription.end(.credential) }
    }

    /// More entries than these are told elsewhere than on the caller's event loop, which others wait for.
    private static let fewEntries = 16

    /// Tells what has been committed.
    func publish(_ entries: [AuditRecord]) async {
        guard !entries.isEmpty, events.isWatched else { return }
        if entries.count <= Self.fewEntries { tell(entries) } else { await aside { [self] in tell(entries) } }
    }

    private func tell(_ entries: [AuditRecord]) {
        // First, and once, so that a credential that has just died does not even hear that it died.
        if entries.contains(where: { Self.endings.contains($0.action.rawValue) }) { recheckWatchers() }
        for entry in entries { publish(EventDraft(entry), at: entry.timestamp) }
    }

    /// - Parameter draft: made only when somebody watches.
    func publish(_ draft: @autoclosure () -> EventDraft, at now: Timestamp) {
        guard events.isWatched else { return }
        var draft = draft()
        if draft.name == nil { draft.name = name(of: draft) }
        events.tell(draft.event(at: now))
    }

    /// What a person calls the subject of an event: the identity's name.
    private func name(of draft: EventDraft) -> String? {
        guard let organisation = draft.organisation, let id = draft.identityId else { return nil }
        return try? read { try $0.get(Tables.identities, OwnedKey(organisation, id))?.name }
    }

    /// What a person calls the caller: the name of its API key or identity. Asked only when somebody watches.
    func name(of principal: Principal) -> String? {
        switch principal.kind {
        case .apiKey(let id, _): try? read { try $0.get(Tables.apiKeys, OwnedKey(principal.organisation, id))?.name }
        case .token, .legacyToken:
            principal.identityId.flatMap { id in try? read { try $0.get(Tables.identities, OwnedKey(principal.organisation, id))?.name } }
        case .administrator: nil
        }
    }

    /// A denial of a caller that was told.
    func deniedEvent(_ action: AuditRecord.Action, _ scope: Scope, _ caller: Caller, isCheck: Bool) -> EventDraft {
        var draft = EventDraft(action, denied: caller.principal.label, organisation: caller.principal.organisation)
        draft.name = name(of: caller.principal)
        draft.identityId = caller.principal.identityId
        draft.scope = scope.text
        draft.missing = [scope.text]
        draft.plane = scope.plane
        draft.resource = scope.resource
        draft.requestId = caller.origin.requestId
        if isCheck { draft.via = AuthorityEvent.Check.scopeCheck.rawValue }
        return draft
    }
}
