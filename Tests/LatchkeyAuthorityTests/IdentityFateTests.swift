@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("The end of an identity")
struct IdentityFateTests {
    @Test("kills its own and all descendants' tokens, sessions and refresh tokens in one commit", arguments: Fate.allCases)
    func cascade(_ fate: Fate) async throws {
        let install = try Install()
        let family = try await install.family()
        let bystander = try await install.subAgent("bystander", of: install.identity("elsewhere", Family.scopes))
        for pair in family.pairs { _ = try install.caller(pair) }
        let batches = install.store.statistics.batches
        install.clock.advance(seconds: 3)
        try await fate.meet(family.a.id, in: install)
        #expect(install.store.statistics.batches == batches + 1)
        for pair in family.pairs {
            #expect(await refusal { try install.caller(pair) }?.code == .tokenRevoked)
            #expect(try !install.isLive(pair))
            #expect(try install.authority.isRevoked(tokenId: pair.tokenId))
            #expect(await refusal { try await install.refresh(pair) }?.code == .invalidRefreshToken)
        }
        for record in family.records {
            let expected: AuthorityError.Code =
                switch fate {
                case .suspend: .identitySuspended
                case .retire: .identityRetired
                case .delete: .identityNotFound
                }
            let error = await refusal { try await install.issue(record) }
            #expect(error?.code == expected)
            if fate != .delete {
                #expect(error?.text("identityId") == record.id)
                #expect(try install.authority.tokens(of: record.id, PageRequest(limit: 10), by: install.admin).elements.isEmpty)
            }
            #expect(await refusal { try await install.subAgent("late", of: record) }?.code == expected)
        }
        _ = try install.caller(bystander.pair)
        _ = try await install.refresh(bystander.pair)
        try install.expectTrueIndexes()
    }

    @Test("is told of each identity that it reached, with the reason and the ancestor", arguments: Fate.allCases)
    func entries(_ fate: Fate) async throws {
        let install = try Install()
        let family = try await install.family()
        let caller = try await install.caller(install.key(["relayauth:identity:manage:*"]))
        let before = try install.audit().count
        try await fate.meet(family.a.id, in: install, by: caller)
        let entries = try Array(install.audit().dropFirst(before))
        #expect(entries.map(\.action) == [fate.action, fate.action, fate.action])
        #expect(entries.map(\.identityId) == family.records.map(\.id))
        let given = fate == .delete ? nil : "why"
        #expect(entries.map { $0.metadata["reason"] } == [given, fate.inherited, fate.inherited])
        #expect(entries.map { $0.metadata["ancestorId"] } == [nil, family.a.id, family.a.id])
        #expect(entries.map { $0.metadata["name"] } == ["a", "b", "c"])
        for entry in entries {
            #expect(entry.actor == caller.principal.label && entry.requestId == "req-1" && entry.orgId == family.a.orgId)
        }
        guard let status = fate.status else { return }
        for (record, reason) in zip(family.records, ["why", fate.inherited, fate.inherited]) {
            let shown = try install.shown(record)
            #expect(shown.status == status)
            if fate == .suspend { #expect(shown.suspendReason == reason && shown.suspendedAt == install.clock.now()) }
        }
    }

    @Test("costs the same however many tokens there are", arguments: Fate.allCases)
    func cost(_ fate: Fate) async throws {
        func changes(tokens: Int) async throws -> [String: Int] {
            let install = try Install()
            let family = try await install.family()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1..<tokens { group.addTask { _ = try await install.issue(family.records[number % 3]) } }
                try await group.waitForAll()
            }
            #expect(try install.counts()["tokens"] == tokens + 2)
            return try await install.changes { try await fate.meet(family.a.id, in: install) }
        }
        let few = try await changes(tokens: 1)
        #expect(try await changes(tokens: 500) == few)
        // All of it: no table of tokens, sessions or refresh tokens is touched.
        let expected: Set<String> = [
            "identities", "identities-by-filter", "identity-liveness", "audit", "audit-index", "revocations", "trust-numbers", "expiries",
        ]
        #expect(
            Set(few.keys) == expected.union(fate == .delete ? ["identities-by-name", "identities-by-parent", "identity-descendants"] : []))
        #expect(few["audit"] == 3 && few["identity-liveness"] == 3)
    }

    @Test("of another organisation's identity is that of an unknown one", arguments: Fate.allCases)
    func foreign(_ fate: Fate) async throws {
        let install = try Install()
        let theirs = try await install.identity("worker", by: install.otherOrganisation())
        let before = try install.contents()
        for id in [theirs.id, "agent_00000000000000000000000000", "", "agent_", "ak_00000000000000000000000000"] {
            #expect(await refusal { try await fate.meet(id, in: install) }?.code == .identityNotFound)
            #expect(await refusal { try await install.authority.reactivateIdentity(id, by: install.admin) }?.code == .identityNotFound)
        }
        #expect(try install.contents() == before)
    }

    @Test("can't be decided by a credential that has died since it was presented", arguments: Fate.allCases)
    func stale(_ fate: Fate) async throws {
        let install = try Install()
        let family = try await install.family()
        let key = try await install.key(["*"])
        let byKey = try install.caller(key)
        let byToken = try install.caller(family.pairs[2])
        _ = try await install.authority.revokeAPIKey(key.record.id, reason: nil, by: install.admin)
        try await install.authority.revoke(.token(family.pairs[2].tokenId), by: install.admin)
        let before = try install.contents()
        #expect(await refusal { try await fate.meet(family.a.id, in: install, by: byKey) }?.code == .invalidAPIKey)
        #expect(await refusal { try await fate.meet(family.a.id, in: install, by: byToken) }?.code == .tokenRevoked)
        #expect(try install.contents() == before)
    }

    @Test("may be its own decision, and is its last", arguments: Fate.allCases)
    func own(_ fate: Fate) async throws {
        let install = try Install()
        let family = try await install.family()
        let caller = try install.caller(family.pairs[0])
        try await fate.meet(family.a.id, in: install, by: caller)
        #expect(await refusal { try await fate.meet(family.b.id, in: install, by: caller) }?.code == .tokenRevoked)
    }

    @Test("reaches what a bearer of the identity created by itself, too", arguments: Fate.allCases)
    func createdByBearer(_ fate: Fate) async throws {
        let install = try Install()
        let parent = try await install.identity("parent", Family.scopes)
        let child = try await install.identity("child", Family.scopes, by: install.caller(install.issue(parent)))
        let pair = try await install.issue(child)
        try await fate.meet(parent.id, in: install)
        #expect(try !install.isLive(pair))
    }

    @Test("reaches hundreds of descendants, wide and deep")
    func wide() async throws {
        let install = try Install()
        let top = try await install.identity("top", [])
        var pairs: [TokenPair] = []
        for number in 0..<12 {
            let middle = try await install.subAgent("m\(number)", of: top)
            pairs.append(middle.pair)
            for leaf in 0..<12 { pairs.append(try await install.subAgent("l\(number)-\(leaf)", of: middle.identity).pair) }
        }
        try await install.suspend(top)
        for pair in pairs { #expect(try !install.isLive(pair)) }
        #expect(try install.audit(.identitySuspended).count == 1 + 12 + 144)
        try await install.authority.deleteIdentity(top.id, by: install.admin)
        #expect(try install.counts()["identities"] == 0)
        try install.expectTrueIndexes()
    }
}
