import FoundationEssentials
@testable import LatchkeyAuthority
import Testing

/// An event as a watcher reads it.
struct Told: Decodable, Sendable, Equatable {
    let type: String
    let timestamp: String
    let result: String
    let actor: String
    let name: String?
    let orgId: String?
    let identityId: String?
    let scope: String?
    let missing: [String]?
    let matchedScope: String?
    let plane: String?
    let resource: String?
    let message: String?
    let via: String?
    let metadata: [String: String]?
    let requestId: String?

    init(_ event: AuthorityEvent) throws { self = try JSONDecoder().decode(Told.self, from: Data(event.json)) }
}

/// Ends a subscription as a stop of the daemon does, and returns all that still waited to be read.
func signals(_ subscription: EventSubscription) async -> [EventSubscription.Signal] {
    subscription.end(.stopping)
    var signals: [EventSubscription.Signal] = []
    while let signal = await subscription.next() { signals.append(signal) }
    return signals
}

/// As ``signals(_:)``, the events alone.
func told(_ subscription: EventSubscription) async throws -> [Told] {
    try await signals(subscription).compactMap { signal in
        guard case .event(let event) = signal else { return nil }
        return try Told(event)
    }
}

extension Install {
    /// Lets somebody watch; the operator when nobody is named.
    func watch(_ types: [String]? = nil, by caller: Caller? = nil) throws -> EventSubscription {
        try authority.subscribe(types: types, by: caller ?? admin)
    }

    /// Does the upkeep of so many seconds, without moving the clock.
    func rounds(_ count: Int) { for _ in 0..<count { authority.tickEvents() } }
}
