@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
import Testing

@Suite("Events")
struct EventTests {
    @Test("are told to watchers of their own organisation alone")
    func organisations() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let key = try await install.caller(install.key(["*"]))
        let (mine, byKey, theirs) = try (install.watch(), install.watch(by: key), install.watch(by: other))
        _ = try await install.family()
        let heard = try await told(mine)
        #expect(
            heard.map(\.type) == [
                "identity.created", "token.issued", "identity.created", "token.issued", "identity.created", "token.issued",
            ])
        #expect(try await told(byKey) == heard)
        #expect(try await told(theirs).isEmpty)
        for event in heard { #expect(event.orgId == install.authority.firstOrganisation) }
        let named = Caller(key.principal, key.origin, named: other.principal.organisation)
        #expect(await refusal { try install.watch(by: named) }?.code == .organisationMismatch)
    }

    @Test("of the types that were asked for are told, and a type that does not exist is refused")
    func types() async throws {
        let install = try Install()
        let some = try install.watch(["identity.suspended", "token.verified"])
        let none = try install.watch([])
        let family = try await install.family()
        _ = try install.caller(family.pairs[0])
        try await install.suspend(family.c)
        #expect(try await told(some).map(\.type) == ["token.verified", "identity.suspended"])
        #expect(try await told(none).isEmpty)
        for types in [["identity.eaten"], [""], ["token.issued", "*"]] {
            #expect(await refusal { try install.watch(types) }?.text("field") == "types")
        }
        for type in AuthorityEvent.types { install.authority.unsubscribe(try install.watch([type])) }
        #expect(Set(AuthorityEvent.types).count == AuthorityEvent.types.count)
    }

    @Test("that belong to no organisation are the operator's alone; those of a known key are its organisation's")
    func unattributed() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let revoked = try await install.key(["*"])
        _ = try await install.authority.revokeAPIKey(revoked.record.id, reason: nil, by: install.admin)
        let key = try await install.caller(install.key(["*"]))
        let (mine, byKey, theirs) = try (install.watch(), install.watch(by: key), install.watch(by: other))
        let origin = RequestOrigin(address: "192.0.2.9", requestId: "req-9")
        #expect(throws: AuthorityError.badAPIKey) { try install.authority.authenticate(apiKey: "nonsense", origin: origin) }
        #expect(throws: AuthorityError.unusableToken) { try install.authority.authenticate(token: "a.b.c", origin: origin) }
        #expect(throws: AuthorityError.badAPIKey) { try install.caller(revoked) }
        let heard = try await told(mine)
        #expect(heard.map(\.type) == ["api_key.denied", "token.invalid", "api_key.denied"])
        #expect(heard.map(\.result) == ["denied", "denied", "denied"])
        #expect(heard.map(\.orgId) == [nil, nil, install.authority.firstOrganisation])
        #expect(heard[0].actor == "anonymous" && heard[0].metadata == ["ip": "192.0.2.9"] && heard[0].requestId == "req-9")
        #expect(heard[2].actor == "api-key:\(revoked.record.prefix)" && heard[2].message == "the API key is revoked")
        #expect(try await told(byKey) == [heard[2]])
        #expect(try await told(theirs) == Array(heard[..<2]))
    }

    @Test("of a token that another organisation asked about are told there, and say nothing of it")
    func foreignToken() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let pair = try await install.issue(install.identity())
        let (mine, theirs) = try (install.watch(), install.watch(by: other))
        #expect(try install.authority.introspect(pair.accessToken.text, by: other) == nil)
        #expect(try await told(mine).isEmpty)
        let heard = try await told(theirs)
        #expect(heard.map(\.type) == ["token.invalid"])
        #expect(heard.first?.identityId == nil && heard.first?.actor == "anonymous" && heard.first?.metadata == nil)
    }

    @Test("never call a denial anything but denied")
    func denials() async throws {
        let install = try Install()
        let key = try await install.key(["relayfile:fs:read:/docs/*", "relayauth:identity:manage:*"], name: "sage")
        let caller = try install.caller(key)
        let identity = try await install.identity("worker", ["cloud:run:invoke:*"])
        let watcher = try install.watch(by: caller)
        let authority = install.authority
        #expect(await refusal { try authority.authorize("relayfile:fs:write:/x", by: caller) }?.code == .insufficientScope)
        #expect(await refusal { try authority.require(Scope("relayauth:audit:read:*"), of: caller) }?.code == .insufficientScope)
        #expect(await refusal { try await install.key(["cloud:run:invoke:*"], by: caller) }?.code == .scopeEscalation)
        #expect(await refusal { try await install.issue(identity, by: caller) }?.code == .scopeEscalation)
        #expect(try authority.check("cloud:run:read:*", of: identity.id, by: caller).matched == nil)
        let heard = try await told(watcher)
        #expect(
            heard.map(\.type) == [
                "scope.check", "scope.denied", "scope.denied", "scope.escalation_denied", "scope.escalation_denied", "scope.check",
            ])
        #expect(heard.allSatisfy { $0.result == "denied" && $0.matchedScope == nil && $0.actor == "api-key:\(key.record.prefix)" })
        let scopes = [
            "relayfile:fs:write:/x", "relayfile:fs:write:/x", "relayauth:audit:read:*", "cloud:run:invoke:*", "cloud:run:invoke:*",
            "cloud:run:read:*",
        ]
        #expect(heard.map(\.scope) == scopes)
        #expect(heard.map(\.missing) == scopes.map { [$0] })
        #expect(heard.map(\.via) == [nil, "scope.check", nil, nil, nil, nil])
        #expect(heard.map(\.name) == ["sage", "sage", "sage", "sage", "sage", "worker"])
        #expect(heard[0].plane == "relayfile" && heard[0].resource == "fs" && heard[0].requestId == "req-1")
        #expect(heard[5].identityId == identity.id)
    }

    @Test("of a check that holds say by what")
    func allowed() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(["relayfile:fs:manage:/docs/*"]))
        let watcher = try install.watch()
        _ = try install.authority.authorize("relayfile:fs:read:/docs/a", by: caller)
        let heard = try #require(try await told(watcher).first)
        #expect(heard.type == "scope.check" && heard.result == "allowed" && heard.matchedScope == "relayfile:fs:manage:/docs/*")
        #expect(heard.scope == "relayfile:fs:read:/docs/a" && heard.missing == nil && heard.via == nil)
    }

    @Test("come in the order in which the log has them, with the ids of its entries")
    func order() async throws {
        let install = try Install()
        let watcher = try install.watch(AuditRecord.Action.allCases.map(\.rawValue))
        let before = try install.audit().count
        let family = try await install.family()
        _ = try await install.refresh(family.pairs[2])
        try await install.suspend(family.a)
        try await install.reactivate(family.a)
        try await install.authority.deleteIdentity(family.a.id, by: install.admin)
        let entries = try install.audit().dropFirst(before)
        var ids: [String?] = []
        for signal in await signals(watcher) {
            guard case .event(let event) = signal else { continue }
            ids.append(event.entryId)
            let heard = try Told(event)
            let entry = entries[entries.startIndex + ids.count - 1]
            #expect(heard.type == entry.action.rawValue && heard.actor == entry.actor && heard.identityId == entry.identityId)
            #expect(heard.timestamp == entry.timestamp.description && heard.metadata ?? [:] == entry.metadata)
            #expect(heard.result == entry.result.rawValue)
        }
        #expect(ids == entries.map(\.id))
    }

    @Test("of a summary that is written later are not told again")
    func summaries() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(["cloud:run:invoke:*"]))
        let watcher = try install.watch()
        #expect(await refusal { try install.authority.require(Scope("relayauth:audit:read:*"), of: caller) } != nil)
        install.clock.advance(seconds: 60)
        await install.authority.upkeep()
        #expect(try install.audit(.scopeDenied).count == 1)
        #expect(try await told(watcher).map(\.type) == ["scope.denied"])
    }

    @Test("hold no secret and no hash of one")
    func secrets() async throws {
        let install = try Install()
        let watcher = try install.watch()
        let key = try await install.key(["*"])
        let pair = try await install.issue(install.identity("worker", Family.scopes), by: install.caller(key))
        _ = try install.caller(pair)
        let next = try await install.refresh(pair)
        _ = try await install.authority.revokeAPIKey(key.record.id, reason: nil, by: install.admin)
        #expect(throws: AuthorityError.badAPIKey) { try install.caller(key) }
        let events = await signals(watcher).compactMap { signal -> [UInt8]? in
            guard case .event(let event) = signal else { return nil }
            return event.json
        }
        #expect(events.count >= 7)
        for secret in [key.secret, pair.accessToken.text, pair.refreshToken.text, next.accessToken.text, next.refreshToken.text] {
            for trace in traces(of: secret) { #expect(!events.contains { contains($0, trace) }) }
        }
    }

    struct Fault: Error {}

    @Test("are told once of a write that was made twice because its neighbour failed, and never of the neighbour")
    func replay() async throws {
        var seams = AuthoritySeams()
        seams.beforeRecord = { action in if action == .identityCreated { throw Fault() } }
        let install = try Install(seams: seams)
        let watcher = try install.watch()
        let gate = Gate()
        async let held: Void = install.store.write(.essential) { _ in gate.pass() }
        await gate.waitForEntry()
        let good = Task { try await install.key(["*"], name: "good") }
        while install.store.statistics.waiting < 1 { await Task.yield() }
        let bad = Task { try await install.identity("bad") }
        while install.store.statistics.waiting < 2 { await Task.yield() }
        gate.open()
        try await held
        _ = try await good.value
        await #expect(throws: Fault.self) { try await bad.value }
        #expect(install.store.statistics.replays == 1)
        let heard = try await told(watcher)
        #expect(heard.map(\.type) == ["api_key.created"])
        #expect(heard.first?.metadata?["name"] == "good")
    }
}
