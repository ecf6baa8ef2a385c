@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Who watches events")
struct EventWatcherTests {
    private func deny(_ install: Install, _ caller: Caller, times: Int) throws {
        let scope = try Scope("relayauth:audit:read:*")
        for _ in 0..<times { install.authority.noteDenied(.scopeDenied, scope, caller: caller) }
    }

    @Test("and has as many events to read as are kept is still heard of; the next one ends it, and holds nobody up")
    func tooSlow() async throws {
        let install = try Install()
        let caller = try install.admin
        let (slow, edge, quick) = try (install.watch(), install.watch(), install.watch())
        try deny(install, caller, times: install.authority.settings.mostWaitingEvents)
        #expect(slow.ending == nil && edge.ending == nil)
        #expect(await signals(edge).count == install.authority.settings.mostWaitingEvents)
        for _ in 0..<install.authority.settings.mostWaitingEvents { #expect(await quick.next() != nil) }
        try deny(install, caller, times: 1)
        #expect(slow.ending == .tooSlow)
        #expect(await signals(slow).isEmpty)
        #expect(quick.ending == nil)
        // Whoever writes goes on, and the others go on hearing.
        _ = try await install.identity()
        #expect(try await told(quick).map(\.type) == ["scope.denied", "identity.created"])
        #expect(await signals(slow).isEmpty)
    }

    @Test("hears a heartbeat after fifteen quiet seconds, and each fifteen after")
    func heartbeat() async throws {
        let install = try Install()
        let (first, second) = try (install.watch(), install.watch())
        install.rounds(14)
        #expect(await signals(first).isEmpty)
        install.rounds(1)
        try deny(install, install.admin, times: 1)
        install.rounds(14)
        try deny(install, install.admin, times: 1)
        install.rounds(15)
        let heard = await signals(second).map { signal in
            switch signal {
            case .heartbeat: true
            case .event: false
            }
        }
        #expect(heard == [true, false, false, true])
    }

    @Test("with a credential that has expired is found out within thirty seconds", arguments: [false, true])
    func expired(_ isToken: Bool) async throws {
        let install = try Install()
        let caller =
            if isToken {
                try await install.caller(install.issue(install.identity("worker", Family.scopes)) { $0.expiresIn = 10 })
            } else {
                try await install.caller(install.key(["*"], expiresIn: 10))
            }
        let (watcher, admin) = try (install.watch(by: caller), install.watch())
        install.rounds(30)
        #expect(watcher.ending == nil)
        install.clock.advance(seconds: isToken ? 10 + 60 : 10)
        install.rounds(29)
        #expect(watcher.ending == nil)
        install.rounds(1)
        #expect(watcher.ending == .credential)
        #expect(await signals(watcher).isEmpty)
        #expect(admin.ending == nil)
    }

    /// A way in which a credential dies.
    struct Death: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let die: @Sendable (Install, Minted, Family) async throws -> Void
        /// Whether it is the key that dies, or the token of the third of the family.
        let isKey: Bool

        static let all =
            [
                Death(
                    testDescription: "its key is revoked",
                    die: { install, key, _ in
                        _ = try await install.authority.revokeAPIKey(key.record.id, reason: nil, by: install.admin)
                    }, isKey: true),
                Death(
                    testDescription: "its token is revoked",
                    die: { install, _, family in
                        try await install.authority.revoke(.token(family.pairs[2].tokenId), by: install.admin)
                    }, isKey: false),
                Death(
                    testDescription: "its session is revoked",
                    die: { install, _, family in
                        try await install.authority.revoke(.session(family.pairs[2].sessionId), by: install.admin)
                    }, isKey: false),
                Death(
                    testDescription: "all of its identity is revoked",
                    die: { install, _, family in
                        try await install.authority.revoke(.identity(family.c.id), by: install.admin)
                    }, isKey: false),
                Death(
                    testDescription: "its refresh token is used again",
                    die: { install, _, family in
                        _ = try await install.refresh(family.pairs[2])
                        install.clock.advance(seconds: 60)
                        #expect(await refusal { try await install.refresh(family.pairs[2]) } != nil)
                    }, isKey: false),
            ]
            + Fate.allCases.flatMap { fate in
                [
                    Death(testDescription: "\(fate) of its identity", die: { try await fate.meet($2.c.id, in: $0) }, isKey: false),
                    Death(testDescription: "\(fate) of the first ancestor", die: { try await fate.meet($2.a.id, in: $0) }, isKey: false),
                ]
            }
    }

    @Test("is ended in the moment in which its credential dies, and does not even hear of it", arguments: Death.all)
    func dead(_ death: Death) async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let family = try await install.family()
        let caller = try death.isKey ? install.caller(key) : install.caller(family.pairs[2])
        let bystander = try death.isKey ? install.caller(family.pairs[2]) : install.caller(key)
        let (all, other, admin, alive) = try (
            install.watch(by: caller), install.watch(["identity.created"], by: caller), install.watch(), install.watch(by: bystander)
        )
        try await death.die(install, key, family)
        #expect(all.ending == .credential && other.ending == .credential)
        #expect(await signals(all).isEmpty)
        #expect(await signals(other).isEmpty)
        #expect(admin.ending == nil && alive.ending == nil)
        #expect(try await told(admin).count >= 1)
    }

    @Test("with a credential that died since it was presented hears nothing")
    func stale() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let caller = try install.caller(key)
        _ = try await install.authority.revokeAPIKey(key.record.id, reason: nil, by: install.admin)
        let watcher = try install.watch(by: caller)
        #expect(watcher.ending == .credential)
        _ = try await install.identity()
        #expect(await signals(watcher).isEmpty)
    }

    @Test("is counted: 32 of one organisation, 128 of all")
    func bounds() async throws {
        let install = try Install()
        var watchers: [EventSubscription] = []
        for number in 0..<5 {
            let administrator = try await number == 0 ? install.admin : install.otherOrganisation()
            let caller = try await install.caller(install.key(["*"], by: administrator))
            for _ in 0..<(number < 4 ? 32 : 0) { watchers.append(try install.watch(by: caller)) }
            // One organisation's own bound first; then, for the fifth that has none yet, that of all.
            #expect(await refusal { try install.watch(by: caller) }?.code == .tooManySubscribers)
            guard number < 4 else { break }
            install.authority.unsubscribe(watchers.removeLast())
            watchers.append(try install.watch(by: caller))
        }
        #expect(install.authority.events.subscriptions.count == 128)
        for watcher in watchers { install.authority.unsubscribe(watcher) }
        #expect(install.authority.events.subscriptions.isEmpty && !install.authority.events.isWatched)
    }

    @Test("may come and go a thousand times, and leaves nothing")
    func comeAndGo() async throws {
        let install = try Install()
        let caller = try install.admin
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    for _ in 0..<50 {
                        guard let watcher = try? install.watch(by: caller) else {
                            Issue.record("a watcher was refused")
                            return
                        }
                        install.authority.noteDenied(.scopeDenied, Scope.trusted(stored: "relayauth:audit:read:*")!, caller: caller)
                        #expect(await watcher.next() != nil)
                        watcher.end(.gone)
                        install.authority.unsubscribe(watcher)
                    }
                }
            }
        }
        #expect(install.authority.events.subscriptions.isEmpty && !install.authority.events.isWatched)
    }

    @Test("still reads what was told when the daemon stops, and whoever comes later is ended at once")
    func stopping() async throws {
        let install = try Install()
        let (reading, waiting) = try (install.watch(), install.watch(["org.created"]))
        async let nothing = waiting.next()
        _ = try await install.identity()
        install.authority.endEvents()
        #expect(reading.ending == .stopping && waiting.ending == .stopping)
        #expect(await nothing == nil)
        #expect(try await told(reading).map(\.type) == ["identity.created"])
        let late = try install.watch()
        #expect(late.ending == .stopping)
        #expect(await signals(late).isEmpty)
        _ = try await install.identity("later")
        #expect(install.authority.events.subscriptions.isEmpty)
    }

    @Test("and waits is woken by an event, and by its own end")
    func waiting() async throws {
        let install = try Install()
        let watcher = try install.watch()
        let reader = Task { await watcher.next() }
        _ = try await install.identity()
        guard case .event(let event) = await reader.value else {
            Issue.record("nothing was told")
            return
        }
        #expect(event.type == "identity.created")
        let second = Task { await watcher.next() }
        watcher.end(.credential)
        #expect(await second.value == nil)
        #expect(watcher.ending == .credential)
    }

    @Test("and goes while it waits is not waited for", arguments: [false, true])
    func cancelled(_ isEarly: Bool) async throws {
        let install = try Install()
        let watcher = try install.watch()
        let reader = Task {
            if !isEarly { for _ in 0..<100 { await Task.yield() } }
            return await watcher.next()
        }
        if !isEarly { for _ in 0..<200 { await Task.yield() } }
        reader.cancel()
        #expect(await reader.value == nil)
        #expect(watcher.ending == .gone)
        _ = try await install.identity()
        #expect(await signals(watcher).isEmpty)
    }

    @Test("changes nothing for a write: with and without, the store has the same rows")
    func unseen() async throws {
        let install = try Install()
        let caller = try install.admin
        // The very first token leaves a row that later ones find.
        _ = try await install.issue(install.identity("zero"), by: caller)
        let quiet = try await install.changes { _ = try await install.issue(install.identity("one"), by: caller) }
        let watcher = try install.watch()
        let watched = try await install.changes { _ = try await install.issue(install.identity("two"), by: caller) }
        #expect(watched == quiet)
        #expect(try await told(watcher).count == 2)
    }
}
