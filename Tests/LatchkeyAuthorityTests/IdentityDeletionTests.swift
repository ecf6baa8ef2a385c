@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Deleting an identity")
struct IdentityDeletionTests {
    /// Where ids of these identities still stand, in keys or rows.
    private func traces(of records: [IdentityRecord], in install: Install) throws -> Set<String> {
        var found: Set<String> = []
        for (table, rows) in try install.contents() {
            for (key, row) in rows
            where records.contains(where: { record in
                contains(key, Array(record.id.utf8)) || contains(row, Array(record.id.utf8))
            }) {
                found.insert(table)
            }
        }
        return found
    }

    @Test("leaves nothing of it and its descendants but what the audit log says, and tokens that are dead")
    func nothingLeft() async throws {
        let install = try Install()
        let family = try await install.family()
        for pair in family.pairs { _ = try install.caller(pair) }
        await install.authority.upkeep()
        #expect(try install.counts()["identity-uses"] == 3)
        try await install.authority.deleteIdentity(family.a.id, by: install.admin)
        #expect(
            try traces(of: family.records, in: install) == [
                "audit", "tokens", "tokens-by-identity", "sessions", "session-liveness", "revocations",
            ])
        for table in [
            "identities", "identities-by-name", "identities-by-filter", "identities-by-parent", "identity-liveness", "identity-uses",
        ] {
            #expect(try install.counts()[table] == 0, "\(table)")
        }
        install.clock.advance(seconds: AuthoritySettings.sessionLife + 120)
        while await install.authority.upkeep() {}
        #expect(try traces(of: family.records, in: install) == ["audit"])
        for table in ["tokens", "tokens-by-identity", "sessions", "session-liveness", "refresh-tokens", "refresh-answers", "expiries"] {
            #expect(try install.counts()[table] == 0, "\(table)")
        }
    }

    @Test("frees the names, and what takes one is somebody else")
    func names() async throws {
        let install = try Install()
        let family = try await install.family()
        try await install.authority.deleteIdentity(family.a.id, by: install.admin)
        let second = try await install.family()
        #expect(Set(second.records.map(\.id)).isDisjoint(with: family.records.map(\.id)))
        for pair in family.pairs { #expect(try !install.isLive(pair)) }
        for pair in second.pairs { #expect(try install.isLive(pair)) }
    }

    @Test("leaves its parent and its siblings alone")
    func siblings() async throws {
        let install = try Install()
        let family = try await install.family()
        let sibling = try await install.subAgent("sibling", of: family.a)
        try await install.authority.deleteIdentity(family.b.id, by: install.admin)
        #expect(try install.isLive(family.pairs[0]) && install.isLive(sibling.pair))
        #expect(try !install.isLive(family.pairs[1]) && !install.isLive(family.pairs[2]))
        #expect(
            try install.authority.subAgents(of: family.a.id, PageRequest(limit: 10), by: install.admin).elements.map(\.record.id) == [
                sibling.identity.id
            ])
        try install.expectTrueIndexes()
    }

    @Test("also takes what is suspended and what is retired")
    func anyState() async throws {
        let install = try Install()
        let family = try await install.family()
        try await Fate.retire.meet(family.c.id, in: install)
        try await install.suspend(family.b)
        try await install.authority.deleteIdentity(family.a.id, by: install.admin)
        #expect(try install.counts()["identities"] == 0)
        #expect(try install.audit(.identityDeleted).count == 3)
    }

    @Test("again finds nothing")
    func again() async throws {
        let install = try Install()
        let identity = try await install.identity()
        try await install.authority.deleteIdentity(identity.id, by: install.admin)
        let before = try install.contents()
        #expect(await refusal { try await install.authority.deleteIdentity(identity.id, by: install.admin) }?.code == .identityNotFound)
        #expect(await refusal { try install.authority.identity(identity.id, by: install.admin) }?.code == .identityNotFound)
        #expect(try install.contents() == before)
    }

    @Test("a last use that was noted just before is not written after")
    func lateUse() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", Family.scopes)
        _ = try await install.caller(install.issue(identity))
        try await install.authority.deleteIdentity(identity.id, by: install.admin)
        install.clock.advance(seconds: 60)
        await install.authority.upkeep()
        #expect(try install.counts()["identity-uses"] == 0)
    }
}
