@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A self-service key")
struct SelfServiceTests {
    private let scopes = ["relayauth:api-key:manage:*", "relayauth:token:create:*", "relayfile:fs:read:*"]

    /// An identity, and who calls with its token.
    private func bot(_ install: Install, _ scopes: [String]? = nil) async throws -> (IdentityRecord, Caller) {
        let identity = try await install.identity("bot", scopes ?? self.scopes)
        return (identity, try await install.caller(install.issue(identity)))
    }

    @Test("acts as the identity that made it")
    func principal() async throws {
        let install = try Install()
        let (identity, caller) = try await bot(install)
        let key = try await install.selfService(by: caller)
        #expect(key.record.kind == .selfService)
        #expect(key.record.name == "API key")
        #expect(key.record.identityId == identity.id)
        #expect(key.record.orgId == identity.orgId)
        #expect(key.record.scopes == scopes)
        #expect(key.record.createdBy == "identity:\(identity.id)")
        #expect(key.record.makerId == caller.principal.makerId)
        #expect(key.record.rootId == identity.rootId)
        #expect(key.record.expiresAt == nil)
        let principal = try install.caller(key).principal
        #expect(principal.identityId == identity.id)
        #expect(principal.subject == identity.id)
        #expect(principal.label == "api-key:\(key.record.prefix)")
        #expect(principal.scopes.texts == scopes)
        #expect(principal.held.texts == scopes)
        let entry = try install.audit(.apiKeyCreated).last
        #expect(entry?.identityId == identity.id)
        #expect(entry?.metadata["kind"] == "self_service")
        await install.authority.upkeep()
        #expect(try install.authority.identity(identity.id, by: install.admin).lastActiveAt == ManualClock.start)
    }

    @Test("takes a name and an end as any key does")
    func nameAndEnd() async throws {
        let install = try Install()
        let (_, caller) = try await bot(install)
        let key = try await install.selfService("my laptop", expiresIn: 60, by: caller)
        #expect(key.record.name == "my laptop")
        install.clock.advance(milliseconds: 59_999)
        #expect(await install.isLive(key))
        install.clock.advance(milliseconds: 1)
        #expect(await !install.isLive(key))
    }

    @Test("is for callers with an identity behind them, before anything else is looked at")
    func identityRequired() async throws {
        let install = try Install()
        let service = try await install.caller(install.key(["*"]))
        let token = try await install.caller(install.organisationToken())
        let before = try install.contents()
        for caller in try [install.admin, service, token] {
            #expect(await refusal { try await install.selfService("", by: caller) }?.code == .identityRequired)
        }
        #expect(try install.contents() == before)
    }

    @Test("says the first thing that is wrong, in the contract's order")
    func order() async throws {
        let install = try Install { $0.mintsPerHour = 1 }
        let (_, caller) = try await bot(install)
        _ = try await install.selfService(by: caller)
        let other = try await install.otherOrganisation().principal.organisation
        let elsewhere = Caller(caller.principal, caller.origin, named: other)
        let fresh = try await install.caller(install.issue(install.identity("fresh", scopes)), from: "198.51.100.9")
        for name in ["", "a\u{202e}b", String(repeating: "x", count: 101)] {
            #expect(await refusal { try await install.selfService(name, by: elsewhere) }?.text("field") == "name")
        }
        for end in [0, -1] as [Int64] {
            #expect(await refusal { try await install.selfService(expiresIn: end, by: elsewhere) }?.text("field") == "expires_at")
        }
        #expect(await refusal { try await install.selfService(by: elsewhere) }?.code == .organisationMismatch)
        install.clock.step(seconds: 86_400)
        #expect(await refusal { try await install.selfService(by: caller) }?.code == .rateLimited)
        #expect(await refusal { try await install.selfService(by: fresh) }?.code == .clockUnreliable)
        #expect(try install.counts()["api-keys"] == 1)
    }

    @Test("holds what the credential held at mint, and of that what the identity holds at each use")
    func bounds() async throws {
        let install = try Install()
        let (identity, _) = try await bot(install, ["relayauth:api-key:manage:*", "relayfile:fs:*:*"])
        let pair = try await install.issue(identity) {
            $0.scopes = ["relayfile:fs:read:/docs/*"]
            $0.audience = ["relayauth"]
        }
        let narrow = try install.caller(pair)
        #expect(narrow.principal.scopes.texts == ["relayfile:fs:read:/docs/*"])
        let key = try await install.selfService(by: narrow)
        #expect(key.record.scopes == ["relayfile:fs:read:/docs/*"])

        /// Which of these the key may do now, asked anew each time, both by a route's door and by whoever asks.
        func may(_ asked: String...) async throws -> [Bool] {
            let caller = try install.caller(key)
            var verdicts: [Bool] = []
            for text in asked {
                let isAllowed = await refusal { try install.authority.authorize(text, by: caller) } == nil
                let scope = try install.authority.parseScope(text)
                let isAdmitted = await refusal { try install.authority.require(scope, of: caller) } == nil
                #expect(isAdmitted == isAllowed)
                verdicts.append(isAllowed)
            }
            return verdicts
        }
        let asked = ("relayfile:fs:read:/docs/a", "relayfile:fs:read:/docs/b", "relayfile:fs:write:/docs/a")
        #expect(try await may(asked.0, asked.1, asked.2) == [true, true, false])
        try await install.give(["relayfile:fs:read:/docs/a", "relayfile:fs:*:/docs/c", "relayauth:*:*:*"], to: identity)
        #expect(try await may(asked.0, asked.1, asked.2) == [true, false, false])
        #expect(try await may("relayauth:api-key:read:*") == [false])
        #expect(try install.caller(key).principal.held.texts == ["relayfile:fs:read:/docs/a"])
        try await install.give([], to: identity)
        #expect(try await may(asked.0, asked.1, asked.2) == [false, false, false])
        #expect(try install.caller(key).principal.held.isEmpty)
        try await install.give(["*"], to: identity)
        #expect(try await may(asked.0, asked.1, asked.2) == [true, true, false])
    }

    @Test("is let through by a scope that is no wider than what it has, whatever it was given")
    func matched() async throws {
        let install = try Install()
        let manage = "relayfile:fs:manage:/docs/*"
        let identity = try await install.identity("bot", [manage])
        let pair = try await install.issue(identity) { $0.audience = ["relayauth"] }
        let caller = try await install.caller(install.selfService(by: install.caller(pair)))
        func matched(_ asked: String, of key: Minted) throws -> String {
            try install.authority.authorize(asked, by: install.caller(key)).text
        }
        let key = try await install.selfService(by: caller)
        #expect(try matched("relayfile:fs:read:/docs/a", of: key) == manage)
        for (held, way) in [
            ("relayfile:fs:read:/docs/*", "relayfile:fs:read:/docs/*"), ("relayfile:fs:*:*", manage),
            // neither covers the other
            ("relayfile:fs:read:*", "relayfile:fs:read:/docs/a"),
        ] {
            try await install.give([held], to: identity)
            #expect(try matched("relayfile:fs:read:/docs/a", of: key) == way)
        }
    }

    @Test("hands out nothing that its identity has lost, by no route")
    func handsOutNothing() async throws {
        let install = try Install()
        let (identity, caller) = try await bot(install, scopes + ["relayauth:identity:manage:*"])
        let key = try await install.selfService(by: caller)
        let other = try await install.identity("other", scopes)
        try await install.give(["relayauth:api-key:manage:*", "relayauth:identity:manage:*", "relayauth:token:create:*"], to: identity)
        let by = try install.caller(key)
        let taken = ["relayfile:fs:read:*"]
        let before = try install.contents()
        #expect(await refusal { try await install.key(taken, by: by) }?.code == .scopeEscalation)
        #expect(await refusal { try await install.identity("made", taken, by: by) }?.code == .scopeEscalation)
        #expect(await refusal { try await install.issue(other, { $0.scopes = taken }, by: by) }?.code == .scopeEscalation)
        #expect(await refusal { try await install.subAgent("child", of: other, taken, by: by) }?.code == .scopeEscalation)
        #expect(try install.contents() == before)
        let rest = try await install.issue(other, by: by)
        #expect(try install.claims(rest).scopes == ["relayauth:api-key:manage:*", "relayauth:token:create:*"])
    }

    @Test("makes identities that are its identity's children")
    func children() async throws {
        let install = try Install()
        let (identity, caller) = try await bot(install, Family.scopes)
        let key = try await install.selfService(by: caller)
        let child = try await install.identity("child", [], by: install.caller(key))
        #expect(child.parentId == identity.id)
        #expect(child.sponsorChain == identity.sponsorChain + [child.id])
        #expect(child.makerId == key.record.id)
        #expect(child.rootId == identity.rootId)
    }

    @Test("may mint the next one, for the same identity and with no more")
    func chain() async throws {
        let install = try Install()
        let (identity, _) = try await bot(install)
        let narrow = try await install.caller(install.issue(identity) { $0.scopes = ["relayauth:api-key:manage:*"] })
        let first = try await install.selfService(by: narrow)
        let second = try await install.selfService("second", by: install.caller(first))
        #expect(second.record.identityId == identity.id)
        #expect(second.record.scopes == ["relayauth:api-key:manage:*"])
        #expect(second.record.createdBy == "api-key:\(first.record.prefix)")
        #expect(second.record.makerId == first.record.id)
        #expect(second.record.rootId == identity.rootId)
        // it lives as long as the identity, not as long as the key that made it
        try await install.revoke(first)
        #expect(await install.isLive(second))
        try await install.suspend(identity)
        #expect(await !install.isLive(second))
    }

    @Test("made by a key that was cut still is cut at each use")
    func chainWhileNarrowed() async throws {
        let install = try Install()
        let (identity, caller) = try await bot(install)
        let first = try await install.selfService(by: caller)
        try await install.give(["relayauth:api-key:manage:*"], to: identity)
        let second = try await install.selfService(by: install.caller(first))
        #expect(try install.caller(second).principal.held.texts == ["relayauth:api-key:manage:*"])
        try await install.give(scopes, to: identity)
        #expect(try install.caller(second).principal.held.texts == scopes)
    }
}
