@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Suspending, reactivating and retiring")
struct IdentitySuspensionTests {
    private func reactivation(_ identity: IdentityRecord, _ install: Install) async -> AuthorityError? {
        await refusal { try await install.authority.reactivateIdentity(identity.id, by: install.admin) }
    }

    @Test("a reactivation revives no token, no session and no descendant")
    func reactivation() async throws {
        let install = try Install()
        let family = try await install.family()
        try await install.suspend(family.a)
        install.clock.advance(seconds: 1)
        let batches = install.store.statistics.batches
        try await install.reactivate(family.a)
        #expect(install.store.statistics.batches == batches + 1)
        let shown = try install.shown(family.a)
        #expect(shown.status == .active && shown.suspendedAt == nil && shown.suspendReason == nil)
        #expect(shown.updatedAt == install.clock.now())
        #expect(try [family.b, family.c].map { try install.shown($0).status } == [.suspended, .suspended])
        for pair in family.pairs {
            #expect(await refusal { try install.caller(pair) }?.code == .tokenRevoked)
            #expect(await refusal { try await install.refresh(pair) }?.code == .invalidRefreshToken)
        }
        #expect(try install.authority.tokens(of: family.a.id, PageRequest(limit: 10), by: install.admin).elements.isEmpty)
        // What is issued from now on is good, within the same millisecond too.
        let fresh = try await install.issue(family.a)
        #expect(try install.isLive(fresh))
        _ = try await install.refresh(fresh)
        #expect(try install.audit(.identityReactivated).map(\.identityId) == [family.a.id])
        try install.expectTrueIndexes()
    }

    @Test("an identity can't be reactivated while the one that created it is not active")
    func underSuspended() async throws {
        let install = try Install()
        let family = try await install.family()
        try await install.suspend(family.a)
        let before = try install.contents()
        for record in [family.c, family.b] {
            let error = await reactivation(record, install)
            #expect(error?.code == .identityNotReactivatable && error?.text("identityId") == record.id)
        }
        #expect(try install.contents() == before)
        try await install.reactivate(family.a)
        #expect(await reactivation(family.c, install)?.code == .identityNotReactivatable)
        try await install.reactivate(family.b)
        try await install.reactivate(family.c)
        for pair in family.pairs { #expect(try !install.isLive(pair)) }
    }

    @Test("only what is suspended can be reactivated, and only what is active suspended")
    func states() async throws {
        let install = try Install()
        let identity = try await install.identity()
        #expect(await reactivation(identity, install)?.code == .identityNotReactivatable)
        try await install.suspend(identity, "first")
        let suspended = try install.contents()
        let error = await refusal { try await install.suspend(identity, "second") }
        #expect(error?.code == .identityNotActive && error?.text("identityId") == identity.id)
        #expect(try install.contents() == suspended)
        try await Fate.retire.meet(identity.id, in: install)
        let retired = try install.contents()
        #expect(await refusal { try await install.suspend(identity) }?.code == .identityNotActive)
        #expect(await reactivation(identity, install)?.code == .identityNotReactivatable)
        #expect(try install.contents() == retired)
    }

    @Test("what was suspended for a reason of its own keeps it when its parent is suspended")
    func ownReason() async throws {
        let install = try Install()
        let family = try await install.family()
        try await install.suspend(family.c, "own")
        let before = try install.shown(family.c)
        install.clock.advance(seconds: 9)
        try await install.suspend(family.a, "theirs")
        #expect(try install.shown(family.c) == before)
        #expect(try install.shown(family.b).suspendReason == "parent_suspended")
        #expect(try install.audit(.identitySuspended).map(\.identityId) == [family.c.id, family.a.id, family.b.id])
    }

    @Test("retiring reaches what is suspended, and what is retired stays as it is")
    func retiring() async throws {
        let install = try Install()
        let family = try await install.family()
        try await install.suspend(family.b)
        try await Fate.retire.meet(family.c.id, in: install)
        let retired = try install.shown(family.c)
        install.clock.advance(seconds: 9)
        try await Fate.retire.meet(family.a.id, in: install)
        #expect(try family.records.map { try install.shown($0).status } == [.retired, .retired, .retired])
        #expect(try install.shown(family.c) == retired)
        #expect(try install.audit(.identityRetired).map(\.identityId) == [family.c.id, family.a.id, family.b.id])
    }

    @Test("a retired descendant stays retired when its ancestor is suspended and reactivated")
    func staysRetired() async throws {
        let install = try Install()
        let family = try await install.family()
        try await Fate.retire.meet(family.c.id, in: install)
        try await install.suspend(family.a)
        #expect(try install.shown(family.c).status == .retired)
        for record in [family.a, family.b] { try await install.reactivate(record) }
        #expect(await reactivation(family.c, install)?.code == .identityNotReactivatable)
        #expect(try install.audit(.identitySuspended).map(\.identityId) == [family.a.id, family.b.id])
    }

    @Test("retiring again changes nothing and is no error")
    func again() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let first = try await install.authority.retireIdentity(identity.id, reason: "done", by: install.admin)
        install.clock.advance(seconds: 5)
        let before = try install.contents()
        let second = try await install.authority.retireIdentity(identity.id, reason: nil, by: install.admin)
        #expect(second.record == first.record)
        #expect(try install.contents() == before)
    }

    @Test("a reason is text that people can see", arguments: ["", "a\u{202e}b", "a\nb", String(repeating: "x", count: 501)])
    func reasons(_ reason: String) async throws {
        let install = try Install()
        let identity = try await install.identity()
        let before = try install.contents()
        for id in [identity.id, "agent_00000000000000000000000000"] {
            #expect(
                await refusal { try await install.authority.suspendIdentity(id, reason: reason, by: install.admin) }?
                    .text("field") == "reason")
            #expect(
                await refusal { try await install.authority.retireIdentity(id, reason: reason, by: install.admin) }?
                    .text("field") == "reason")
        }
        #expect(try install.contents() == before)
    }

    @Test("naming another organisation is a mismatch")
    func mismatch() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let other = try await install.otherOrganisation().principal.organisation
        let authority = install.authority
        let admin = try install.admin
        let named = Caller(admin.principal, admin.origin, named: other)
        let before = try install.contents()
        #expect(await refusal { try await authority.suspendIdentity(identity.id, reason: "r", by: named) }?.code == .organisationMismatch)
        #expect(await refusal { try await authority.retireIdentity(identity.id, reason: "r", by: named) }?.code == .organisationMismatch)
        #expect(await refusal { try await authority.reactivateIdentity(identity.id, by: named) }?.code == .organisationMismatch)
        #expect(await refusal { try await authority.deleteIdentity(identity.id, by: named) }?.code == .organisationMismatch)
        #expect(try install.contents() == before)
    }
}
