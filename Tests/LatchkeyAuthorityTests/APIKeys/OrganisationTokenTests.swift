@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Organisation tokens")
struct OrganisationTokenTests {
    private func listed(_ install: Install, by caller: Caller? = nil) throws -> [String] {
        try install.authority.organisationTokens(by: caller ?? install.admin).map(\.record.id)
    }

    @Test("hold everything in their organisation, and go by a label of their own")
    func principal() async throws {
        let install = try Install()
        let token = try await install.organisationToken("break-glass")
        #expect(token.record.kind == .organisationToken)
        #expect(token.record.name == "break-glass")
        #expect(token.record.scopes == ["*:*:*:*"])
        #expect(token.record.identityId == nil && token.record.expiresAt == nil)
        let principal = try install.caller(token).principal
        #expect(principal.label == "org-token:\(token.record.prefix)")
        #expect(principal.subject == "api_key:\(token.record.id)")
        #expect(principal.organisation == install.authority.firstOrganisation)
        let child = try await install.organisationToken(by: install.caller(token))
        #expect(child.record.name.isEmpty)
        #expect(child.record.createdBy == "org-token:\(token.record.prefix)")
        #expect(child.record.rootId == token.record.id)
        #expect(try install.audit(.apiKeyCreated).map { $0.metadata["kind"] } == ["org_token", "org_token"])
        // in its organisation alone
        let theirs = try await install.key(["*"], by: install.otherOrganisation())
        let asToken = try install.caller(token)
        #expect(await refusal { try install.authority.apiKey(theirs.record.id, by: asToken) }?.code == .apiKeyNotFound)
    }

    @Test("are refused for the first thing that is wrong, in the contract's order")
    func order() async throws {
        let install = try Install { $0.organisationTokensPerHour = 1 }
        let other = try await install.otherOrganisation().principal.organisation
        let narrow = try await install.caller(install.key(["relayauth:*:*:*", "relayfile:*:*:*", "relaycast:*:*:*", "cloud:*:*:*"]))
        let wide = try await install.caller(install.key(["*"]))
        _ = try await install.organisationToken(by: wide)
        install.clock.step(seconds: 86_400)
        let before = try install.contents()
        let elsewhere = Caller(narrow.principal, narrow.origin, named: other)
        #expect(await refusal { try await install.organisationToken("", by: elsewhere) }?.text("field") == "name")
        #expect(await refusal { try await install.organisationToken(by: elsewhere) }?.code == .organisationMismatch)
        let refused = await refusal { try await install.organisationToken(by: narrow) }
        #expect(refused?.code == .scopeEscalation)
        #expect(refused?.text("scope") == "*:*:*:*")
        #expect(await refusal { try await install.organisationToken(by: wide) }?.code == .rateLimited)
        #expect(await refusal { try await install.organisationToken() }?.code == .clockUnreliable)
        #expect(try install.contents() == before)
    }

    @Test("are listed while they live, newest first, and no other key is")
    func list() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        #expect(try listed(install).isEmpty)
        let first = try await install.organisationToken("first")
        _ = try await install.key(["*"])
        let theirs = try await install.organisationToken(by: other)
        let identity = try await install.identity("bot", ["*"])
        _ = try await install.selfService(by: install.caller(install.issue(identity)))
        let second = try await install.organisationToken()
        let third = try await install.organisationToken("third")
        #expect(try listed(install) == [third.record.id, second.record.id, first.record.id])
        #expect(try listed(install, by: other) == [theirs.record.id])
        _ = try install.caller(second)
        await install.authority.upkeep()
        #expect(try install.authority.organisationTokens(by: install.admin).map(\.lastUsedAt) == [nil, ManualClock.start, nil])
        // by either way of revoking
        try await install.authority.revokeOrganisationToken(third.record.id, by: install.admin)
        try await install.revoke(first)
        #expect(try listed(install) == [second.record.id])
        let again = try await install.restarted()
        #expect(try listed(again) == [second.record.id])
        let named = try Caller(again.admin.principal, RequestOrigin(), named: other.principal.organisation)
        #expect(await refusal { try again.authority.organisationTokens(by: named) }?.code == .organisationMismatch)
    }

    @Test("that were replaced are listed until their overlap ends, and are no row of the list any more after upkeep")
    func overlap() async throws {
        let install = try Install()
        let old = try await install.organisationToken()
        let new = try await install.rotate(old, overlap: 60)
        #expect(try listed(install) == [new.record.id, old.record.id])
        install.clock.advance(seconds: 60)
        #expect(try listed(install) == [new.record.id])
        #expect(
            await refusal { try await install.authority.revokeOrganisationToken(old.record.id, by: install.admin) }?.code
                == .organisationTokenNotFound)
        await install.authority.upkeep()
        #expect(try install.counts()["organisation-tokens"] == 1)
        #expect(try listed(install) == [new.record.id])
    }

    @Test("are listed 500 at a time, however many there are")
    func many() async throws {
        let install = try Install()
        let admin = try install.admin.principal
        let records = try (0..<10_000).map { _ in try install.plantable(.organisationToken, by: admin) }
        try await install.plant(records.map { ($0, admin) })
        let newest = records.map(\.id).reversed()
        let now = install.clock.now()
        let (found, looks) = try install.counted { try Authority.organisationTokens(of: admin.organisation, at: now, in: $0) }
        #expect(found.map(\.record.id) == Array(newest.prefix(500)))
        // the list, and of each its record and its last use
        #expect(looks == 1 + 2 * 500)
        #expect(try listed(install) == Array(newest.prefix(500)))
        for id in newest.prefix(3) { try await install.authority.revokeOrganisationToken(id, by: install.admin) }
        #expect(try listed(install) == Array(newest.dropFirst(3).prefix(500)))
    }

    @Test("are listed 500 at a time also while newer ones that have ended are in the table")
    func ended() async throws {
        let install = try Install()
        let admin = try install.admin.principal
        let live = try (0..<600).map { _ in try install.plantable(.organisationToken, by: admin) }
        let end = install.clock.now().adding(seconds: 60)
        let ended = try (0..<700).map { _ in try install.plantable(.organisationToken, by: admin, expiresAt: end) }
        try await install.plant((live + ended).map { ($0, admin) })
        #expect(try listed(install) == Array(ended.map(\.id).reversed().prefix(500)))
        install.clock.advance(seconds: 60)
        #expect(try listed(install) == Array(live.map(\.id).reversed().prefix(500)))
    }

    @Test("die once; again, an id of another kind, another organisation's, none: not found, and nothing changes")
    func revocation() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let theirs = try await install.organisationToken(by: other)
        let service = try await install.key(["*"])
        let identity = try await install.identity("bot", ["*"])
        let own = try await install.selfService(by: install.caller(install.issue(identity)))
        let token = try await install.organisationToken("lost")
        install.clock.advance(seconds: 5)
        try await install.authority.revokeOrganisationToken(token.record.id, by: install.admin)
        #expect(await !install.isLive(token))
        #expect(try install.shown(token).revokedAt == ManualClock.start.adding(seconds: 5))
        let entry = try install.audit(.apiKeyRevoked).last
        #expect(entry?.metadata == ["apiKeyId": token.record.id, "prefix": token.record.prefix, "name": "lost"])
        let before = try install.contents()
        for id in [
            token.record.id, service.record.id, own.record.id, theirs.record.id, identity.id, "", "ak_", "ak_00000000000000000000000000",
            String(repeating: "a", count: 600),
        ] {
            let error = await refusal { try await install.authority.revokeOrganisationToken(id, by: install.admin) }
            #expect(error?.code == .organisationTokenNotFound)
        }
        #expect(try install.contents() == before)
        for key in [theirs, service, own] { #expect(await install.isLive(key)) }
        // the general way finds it, and leaves it as it is
        try await install.revoke(token)
        #expect(try install.contents() == before)
    }

    @Test("may end themselves, and decide nothing after that")
    func itself() async throws {
        let install = try Install()
        let token = try await install.organisationToken()
        let second = try await install.organisationToken()
        let caller = try install.caller(token)
        try await install.authority.revokeOrganisationToken(token.record.id, by: caller)
        #expect(
            await refusal { try await install.authority.revokeOrganisationToken(second.record.id, by: caller) }?.code == .invalidAPIKey)
        #expect(await install.isLive(second))
    }

    @Test("are revoked by one of two who do so at once")
    func twice() async throws {
        let install = try Install()
        let id = try await install.organisationToken().record.id
        let (first, second) = try await install.inOrder(
            { try await install.authority.revokeOrganisationToken(id, by: install.admin) },
            then: { try await install.authority.revokeOrganisationToken(id, by: install.admin) })
        try first.get()
        #expect(second.refusalCode == .organisationTokenNotFound)
        #expect(try install.audit(.apiKeyRevoked).count == 1)
    }
}
