@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("What was decided on a state that has changed since")
struct ConcurrentChangeTests {
    private func update(_ install: Install, _ id: String, _ change: (inout IdentityChange) -> Void) -> @Sendable () async throws -> Identity
    {
        var wanted = IdentityChange()
        change(&wanted)
        return { [wanted] in try await install.authority.updateIdentity(id, wanted, by: install.admin) }
    }

    @Test("is decided again: nothing is issued, refreshed or created for an identity that met its end meanwhile", arguments: Fate.allCases)
    func ended(_ fate: Fate) async throws {
        let install = try Install()
        let expected: AuthorityError.Code =
            switch fate {
            case .suspend: .identitySuspended
            case .retire: .identityRetired
            case .delete: .identityNotFound
            }
        for (number, code) in [expected, .invalidRefreshToken, expected].enumerated() {
            let family = try await install.family(["a\(number)", "b\(number)", "c\(number)"])
            let (first, second) = try await install.inOrder({ try await fate.meet(family.a.id, in: install) }) {
                switch number {
                case 0: _ = try await install.issue(family.c)
                case 1: _ = try await install.refresh(family.pairs[2])
                default: _ = try await install.subAgent("late\(number)", of: family.c)
                }
            }
            try first.get()
            #expect(second.refusalCode == code)
            #expect(try install.counts()["tokens"] == (number + 1) * 3)
            try install.expectTrueIndexes()
        }
    }

    @Test("gives a token no scope that its identity has lost meanwhile, even within one millisecond")
    func narrowed() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*", "relayfile:fs:write:*"])
        // There and back again: what is held in the end is what was held, and still something happened.
        _ = try await update(install, identity.id) { $0.scopes = ["relayfile:fs:read:*", "relayfile:fs:write:*"] }()
        let (_, pair) = try await install.inOrder(update(install, identity.id) { $0.scopes = ["relayfile:fs:read:*"] }) {
            try await install.issue(identity)
        }
        #expect(try install.claims(pair.get()).scopes == ["relayfile:fs:read:*"])
        let (_, child) = try await install.inOrder(update(install, identity.id) { $0.scopes = [] }) {
            try await install.subAgent("child", of: identity, ["relayfile:fs:read:*"])
        }
        #expect(child.refusalCode == .insufficientScope)
    }

    @Test("is refused where it no longer fits: a second suspension, a change of what was retired, a name that was taken")
    func refused() async throws {
        let install = try Install()
        let (one, two) = try await (install.identity("one"), install.identity("two"))
        let suspension = try await install.inOrder({ try await install.suspend(one, "first") }) { try await install.suspend(one, "second") }
        #expect(suspension.1.refusalCode == .identityNotActive)
        #expect(try install.shown(one).suspendReason == "first")
        let names = try await install.inOrder(
            update(install, one.id) { $0.name = "new" }, then: update(install, two.id) { $0.name = "new" })
        #expect(names.0.refusalCode == nil && names.1.refusalCode == .identityAlreadyExists)
        let retired = try await install.inOrder(
            { try await Fate.retire.meet(two.id, in: install) }, then: update(install, two.id) { $0.roles = [] })
        #expect(retired.1.refusalCode == .identityRetired)
        let revived = try await install.inOrder({ try await Fate.retire.meet(one.id, in: install) }) { try await install.reactivate(one) }
        #expect(revived.1.refusalCode == .identityNotReactivatable)
        let organisations = try await install.inOrder({ try await install.authority.createOrganisation(name: "o", by: install.admin) }) {
            try await install.authority.createOrganisation(name: "o", by: install.admin)
        }
        #expect(organisations.1.refusalCode == .invalidRequest)
        try install.expectTrueIndexes()
    }

    @Test("by a credential that has died since it was presented changes nothing")
    func stale() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let caller = try install.caller(key)
        let family = try await install.family()
        let suspended = try await install.identity("suspended")
        try await install.suspend(suspended)
        _ = try await install.authority.revokeAPIKey(key.record.id, reason: nil, by: install.admin)
        let authority = install.authority
        var change = IdentityChange()
        change.roles = ["r"]
        var rules = OrganisationChange()
        rules.maxTokenTTL = 60
        let operations: [(String, @Sendable () async throws -> Void)] = [
            ("update", { [change] in _ = try await authority.updateIdentity(family.a.id, change, by: caller) }),
            ("reactivate", { _ = try await authority.reactivateIdentity(suspended.id, by: caller) }),
            ("sub-agent", { _ = try await install.subAgent("late", of: family.a, by: caller) }),
            ("create", { _ = try await install.identity("late", by: caller) }),
            ("issue", { _ = try await install.issue(family.a, by: caller) }),
            ("mint", { _ = try await install.key(["*"], by: caller) }),
            ("rules", { [rules] in _ = try await authority.updateOrganisation(rules, by: caller) }),
            ("revoke", { try await authority.revoke(.token(family.pairs[0].tokenId), by: caller) }),
        ]
        let before = try install.contents()
        for (name, operation) in operations { #expect(await refusal { try await operation() }?.code == .invalidAPIKey, "\(name)") }
        #expect(try install.contents() == before)
    }
}
