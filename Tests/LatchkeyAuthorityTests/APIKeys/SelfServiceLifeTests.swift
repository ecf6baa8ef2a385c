@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("The life of a self-service key")
struct SelfServiceLifeTests {
    private let scopes = ["relayauth:api-key:manage:*"] + Family.scopes

    private func key(of identity: IdentityRecord, in install: Install) async throws -> Minted {
        try await install.selfService(by: install.caller(install.issue(identity)))
    }

    @Test("outlasts the token and the session that made it")
    func token() async throws {
        let install = try Install()
        let identity = try await install.identity("bot", scopes)
        let pair = try await install.issue(identity)
        let key = try await install.selfService(by: install.caller(pair))
        try await install.authority.revoke(.session(pair.sessionId), by: install.admin)
        #expect(await install.isLive(key))
        try await install.authority.revoke(.identity(identity.id), by: install.admin)
        #expect(await install.isLive(key))
    }

    @Test("stops with its identity's suspension in the same instant, and comes back when that is active again")
    func suspended() async throws {
        let install = try Install()
        let identity = try await install.identity("bot", scopes)
        let key = try await key(of: identity, in: install)
        let caller = try install.caller(key)
        try await install.suspend(identity)
        let error = await refusal { try install.caller(key) }
        #expect(error?.code == .invalidAPIKey)
        #expect(error?.message == AuthorityError.badAPIKey.message)
        // whoever had come in before decides nothing any more
        #expect(await refusal { try await install.key(["relayfile:fs:read:*"], by: caller) }?.code == .invalidAPIKey)
        #expect(await refusal { try await install.selfService(by: caller) }?.code == .invalidAPIKey)
        #expect(try install.shown(key).revokedAt == nil)
        await install.authority.flush(all: true)
        #expect(try install.audit(.apiKeyDenied).first?.metadata["reason"] == "one of an identity that is not active")
        try await install.reactivate(identity)
        #expect(await install.isLive(key))
        let again = try await install.restarted()
        #expect(await again.isLive(key))
    }

    @Test("ends for good with its identity, in the same commit", arguments: [Fate.retire, .delete])
    func ended(_ fate: Fate) async throws {
        let install = try Install()
        let identity = try await install.identity("bot", scopes)
        let first = try await key(of: identity, in: install)
        let second = try await install.selfService(by: install.caller(first))
        let bystander = try await install.key(["*"])
        let rotated = try await install.rotate(second, by: install.caller(first))
        install.clock.advance(seconds: 7)
        let batches = install.store.statistics.batches
        try await fate.meet(identity.id, in: install)
        #expect(install.store.statistics.batches == batches + 1)
        for key in [first, rotated] {
            #expect(await !install.isLive(key))
            #expect(try install.shown(key).revokedAt == ManualClock.start.adding(seconds: 7))
            #expect(try install.shown(key).revokeReason == (fate == .retire ? "identity_retired" : "identity_deleted"))
        }
        #expect(try install.shown(second).revokedAt == ManualClock.start)
        #expect(await install.isLive(bystander))
    }

    @Test("ends with a suspended identity that is retired then, and does not come back")
    func suspendedThenRetired() async throws {
        let install = try Install()
        let identity = try await install.identity("bot", scopes)
        let key = try await key(of: identity, in: install)
        try await install.suspend(identity)
        try await Fate.retire.meet(identity.id, in: install)
        #expect(try install.shown(key).revokedAt != nil)
        #expect(await refusal { try await install.reactivate(identity) }?.code == .identityNotReactivatable)
    }

    @Test("follows the fate of all that its identity came from", arguments: Fate.allCases)
    func ancestors(_ fate: Fate) async throws {
        let install = try Install()
        let parent = try await install.identity("parent", scopes)
        let child = try await install.subAgent("child", of: parent, scopes)
        let key = try await install.selfService(by: install.caller(child.pair))
        try await fate.meet(parent.id, in: install)
        #expect(await !install.isLive(key))
        #expect(try (install.shown(key).revokedAt == nil) == (fate == .suspend))
        guard fate == .suspend else { return }
        try await install.reactivate(parent)
        #expect(await !install.isLive(key))
        try await install.reactivate(child.identity)
        #expect(await install.isLive(key))
    }

    @Test("is not touched by what happens to another identity, nor are the keys that its identity made for others")
    func others() async throws {
        let install = try Install()
        let identity = try await install.identity("bot", scopes)
        let caller = try await install.caller(install.issue(identity))
        let service = try await install.key(["relayfile:fs:read:*"], by: caller)
        let neighbour = try await install.identity("neighbour", scopes)
        let theirs = try await key(of: neighbour, in: install)
        try await Fate.retire.meet(identity.id, in: install)
        #expect(await install.isLive(service))
        #expect(await install.isLive(theirs))
    }

    @Test("never begins for an identity that met its end while the mint was on its way", arguments: Fate.allCases)
    func meanwhile(_ fate: Fate) async throws {
        let install = try Install()
        let identity = try await install.identity("bot", scopes)
        let caller = try await install.caller(install.issue(identity))
        let (_, late) = try await install.inOrder({ try await fate.meet(identity.id, in: install) }) {
            try await install.selfService(by: caller)
        }
        #expect(late.refusalCode == .tokenRevoked)
        #expect(try install.counts()["api-keys"] == 0)
    }

    @Test("ends with a mint that came first, too", arguments: [Fate.retire, .delete])
    func justBefore(_ fate: Fate) async throws {
        let install = try Install()
        let identity = try await install.identity("bot", scopes)
        let caller = try await install.caller(install.issue(identity))
        let (minted, _) = try await install.inOrder({ try await install.selfService(by: caller) }) {
            try await fate.meet(identity.id, in: install)
        }
        #expect(try await !install.isLive(minted.get()))
        #expect(try install.shown(minted.get()).revokedAt != nil)
    }

    @Test("leaves an entry of its own in the log when it ends for good", arguments: [Fate.retire, .delete])
    func audited(_ fate: Fate) async throws {
        let install = try Install()
        let identity = try await install.identity("bot", scopes)
        let key = try await key(of: identity, in: install)
        try await fate.meet(identity.id, in: install)
        let entries = try install.audit(.apiKeyRevoked)
        #expect(entries.count == 1)
        #expect(entries.first?.identityId == identity.id)
        #expect(entries.first?.actor == "admin-socket:uid=0")
        #expect(
            entries.first?.metadata == [
                "apiKeyId": key.record.id, "prefix": key.record.prefix, "name": "API key", "ancestorId": identity.id,
                "reason": fate == .retire ? "identity_retired" : "identity_deleted",
            ])
    }

    @Test("watches events for as long as its identity may, and no longer")
    func narrowedWatcher() async throws {
        let install = try Install()
        let audit = "relayauth:audit:read:*"
        let identity = try await install.identity("bot", scopes + [audit])
        let caller = try await install.caller(key(of: identity, in: install))
        let watcher = try install.watch(["identity.created"], by: caller)
        try await install.give([audit], to: identity)
        _ = try await install.identity("seen")
        #expect(watcher.ending == nil)
        try await install.give(scopes, to: identity)
        #expect(watcher.ending == .credential)
        _ = try await install.identity("unseen")
        #expect(try await told(watcher).isEmpty)
        // nor does one begin that was let in just before
        #expect(try install.watch(by: caller).ending == .credential)
    }

    @Test("ends streams of events with it")
    func watchers() async throws {
        let install = try Install()
        let identity = try await install.identity("bot", scopes)
        let key = try await key(of: identity, in: install)
        let watcher = try install.watch(by: install.caller(key))
        try await install.suspend(identity)
        #expect(try await told(watcher).isEmpty)
    }
}
