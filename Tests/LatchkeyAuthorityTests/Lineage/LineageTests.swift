@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Revoking a key with all that came from it")
struct LineageTests {
    private let wide = ["*"]

    @Test("reaches what took the place of a descendant, whoever rotated it, and spares what took the key's own place")
    func replaced() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let made = try await install.key(wide, by: install.caller(stolen))
        let byOperator = try await install.rotate(made)
        let byAnother = try await install.rotate(byOperator, overlap: 3600, by: install.caller(install.key(wide)))
        let ownPlace = try await install.rotate(stolen, overlap: 3600)
        #expect(try await install.revokeAll(from: stolen) == RevokedDescendants(keys: 2, identities: 0, sessions: 0))
        for key in [stolen, byOperator, byAnother] { #expect(await !install.isLive(key)) }
        #expect(await install.isLive(ownPlace))
    }

    @Test("reaches keys, identities and sessions through each other, however long the chain, in one commit")
    func chain() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let first = try await install.key(wide, by: install.caller(stolen))
        let second = try await install.key(wide, by: install.caller(first))
        let a = try await install.identity("a", wide, by: install.caller(second))
        let tokenOfA = try await install.issue(a, by: install.caller(second))
        let third = try await install.key(wide, by: install.caller(tokenOfA))
        let b = try await install.identity("b", wide, by: install.caller(third))
        let tokenOfB = try await install.issue(b, by: install.caller(tokenOfA))
        let own = try await install.selfService(by: install.caller(tokenOfB))
        let ownOfOwn = try await install.selfService(by: install.caller(own))
        let c = try await install.subAgent("c", of: b, wide, by: install.caller(ownOfOwn))
        let token = try await install.organisationToken(by: install.caller(c.pair))
        let rotated = try await install.rotate(token, by: install.caller(token))
        let refreshed = try await install.refresh(tokenOfA)

        let batches = install.store.statistics.batches
        install.clock.advance(seconds: 3)
        let died = try await install.revokeAll(from: stolen)
        #expect(install.store.statistics.batches == batches + 1)
        // the organisation token was dead already: its rotation ended it
        #expect(died == RevokedDescendants(keys: 6, identities: 3, sessions: 3))
        for key in [stolen, first, second, third, own, ownOfOwn, rotated] {
            #expect(await !install.isLive(key))
            #expect(try install.shown(key).revokedAt == ManualClock.start.adding(seconds: 3))
            #expect(try install.shown(key).revokeReason == (key.record.id == stolen.record.id ? "stolen" : "ancestor_revoked"))
        }
        for identity in [a, b, c.identity] { #expect(try install.shown(identity).status == .retired) }
        for pair in [tokenOfA, refreshed, tokenOfB, c.pair] {
            #expect(try !install.isLive(pair))
            #expect(await refusal { try await install.refresh(pair) }?.code == .invalidRefreshToken)
        }
        let entry = try install.audit(.apiKeyRevoked).last
        #expect(entry?.metadata["apiKeyId"] == stolen.record.id)
        #expect(entry?.metadata["reason"] == "stolen")
        #expect(entry?.metadata["revokedKeys"] == "6")
        #expect(entry?.metadata["retiredIdentities"] == "3")
        #expect(entry?.metadata["revokedSessions"] == "3")
        let sessions = try install.audit(.tokenRevoked)
        #expect(Set(sessions.compactMap { $0.metadata["sessionId"] }) == Set([tokenOfA, tokenOfB, c.pair].map(\.sessionId)))
        #expect(Set(sessions.map(\.identityId)) == [a.id, b.id, c.identity.id])
        for entry in try install.audit(.apiKeyRevoked).dropLast() + install.audit(.identityRetired) + sessions {
            #expect(entry.metadata["ancestorId"] == stolen.record.id)
            #expect(entry.metadata["reason"] == "ancestor_revoked")
        }
    }

    @Test("leaves alone what did not come from it: its maker, its siblings, what others made, another organisation")
    func bystanders() async throws {
        let install = try Install.unlimited()
        let other = try await install.otherOrganisation()
        let parent = try await install.key(wide)
        let stolen = try await install.key(wide, by: install.caller(parent))
        let sibling = try await install.key(wide, by: install.caller(parent))
        let known = try await install.identity("known", wide)
        let pairOfKnown = try await install.issue(known)
        let ownOfKnown = try await install.selfService(by: install.caller(pairOfKnown))
        let theirs = try await install.key(wide, by: other)
        let theirIdentity = try await install.identity("theirs", wide, by: other)
        let theirPair = try await install.issue(theirIdentity, by: other)
        // what it did to things of others: a session for an identity, and a sub-agent under it
        let session = try await install.issue(known, by: install.caller(stolen))
        let agent = try await install.subAgent("agent", of: known, wide, by: install.caller(stolen))

        #expect(await refusal { try await install.revokeAll(from: stolen, by: other) }?.code == .apiKeyNotFound)
        #expect(try await install.revokeAll(from: stolen) == RevokedDescendants(keys: 0, identities: 1, sessions: 2))
        #expect(try !install.isLive(session) && !install.isLive(agent.pair))
        #expect(try install.shown(agent.identity).status == .retired)
        #expect(try install.shown(known).status == .active)
        for key in [parent, sibling, ownOfKnown, theirs] { #expect(await install.isLive(key)) }
        #expect(try install.isLive(pairOfKnown))
        _ = try install.caller(theirPair)
        #expect(try install.authority.identity(theirIdentity.id, by: other).record.status == .active)
    }

    @Test("reaches what an identity made with tokens that others had issued for it")
    func issuedByOthers() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let known = try await install.identity("known", wide)
        let made = try await install.identity("made", wide, by: install.caller(stolen))
        let caller = try await install.caller(install.issue(made))
        let key = try await install.key(wide, by: caller)
        let session = try await install.issue(known, by: caller)
        let byOwn = try await install.issue(known, by: install.caller(install.selfService(by: caller)))
        let agent = try await install.subAgent("agent", of: made, wide)
        let keyOfAgent = try await install.key(wide, by: install.caller(agent.pair))
        _ = try await install.revokeAll(from: stolen)
        for key in [key, keyOfAgent] { #expect(await !install.isLive(key)) }
        #expect(try !install.isLive(session) && !install.isLive(byOwn))
        #expect(try install.shown(agent.identity).status == .retired)
        #expect(try install.shown(known).status == .active)
    }

    @Test("finds the way through sessions that have long ended and been cleared away")
    func endedSessions() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let known = try await install.identity("known", wide)
        let first = try await install.issue(known, by: install.caller(stolen))
        let second = try await install.issue(known, by: install.caller(first))
        let key = try await install.key(wide, by: install.caller(second))
        _ = try await install.issue(known, by: install.caller(stolen))
        for _ in 0..<2 {
            install.clock.advance(seconds: AuthoritySettings.sessionLife + 120)
            while await install.authority.upkeep() {}
        }
        #expect(try install.counts()["session-liveness"] == 0)
        #expect(try install.counts()["sessions"] == 0)
        #expect(try await install.revokeAll(from: stolen) == RevokedDescendants(keys: 1, identities: 0, sessions: 0))
        #expect(await !install.isLive(key))
    }

    @Test("finds the way through identities that were deleted")
    func deletedIdentities() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let a = try await install.identity("a", wide, by: install.caller(stolen))
        let b = try await install.subAgent("b", of: a, wide)
        let byA = try await install.key(wide, by: install.caller(install.issue(a)))
        let byB = try await install.key(wide, by: install.caller(b.pair))
        try await install.authority.deleteIdentity(b.identity.id, by: install.admin)
        try await install.authority.deleteIdentity(a.id, by: install.admin)
        for key in [byA, byB] { #expect(await install.isLive(key)) }
        #expect(try await install.revokeAll(from: stolen) == RevokedDescendants(keys: 2, identities: 0, sessions: 0))
        for key in [byA, byB] { #expect(await !install.isLive(key)) }
    }

    @Test("keeps no way to what is gone and made nothing")
    func forgotten() async throws {
        let install = try Install.unlimited()
        let key = try await install.caller(install.key(wide))
        let before = try install.counts()["makings"]
        let top = try await install.identity("top", wide, by: key)
        let middle = try await install.identity("middle", wide, by: install.caller(install.issue(top, by: key)))
        _ = try await install.subAgent("leaf", of: middle, wide, by: install.caller(install.issue(top)))
        #expect(try install.counts()["makings"] != before)
        install.clock.advance(seconds: AuthoritySettings.sessionLife + 120)
        while await install.authority.upkeep() {}
        try await install.authority.deleteIdentity(top.id, by: install.admin)
        install.clock.advance(seconds: AuthoritySettings.sessionLife + 120)
        while await install.authority.upkeep() {}
        #expect(try install.counts()["makings"] == before)
        #expect(try install.counts()["makers"] == before)
        #expect(try install.counts()["sessions"] == 0)
        #expect(try install.counts()["expiries"] == 0)
    }
}
