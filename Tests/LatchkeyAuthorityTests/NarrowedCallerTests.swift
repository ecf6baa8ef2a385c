@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A token of an identity that was narrowed since")
struct NarrowedCallerTests {
    private let wide = ["relayauth:identity:manage:*", "relayauth:api-key:manage:*", "relayauth:token:create:*", "relayfile:fs:read:*"]

    /// A caller whose token holds what its identity holds no more.
    private func narrowed(_ install: Install) async throws -> (Caller, IdentityRecord) {
        let identity = try await install.identity("narrowed", wide)
        let caller = try await install.caller(install.issue(identity))
        var change = IdentityChange()
        change.scopes = ["relayauth:identity:manage:*"]
        _ = try await install.authority.updateIdentity(identity.id, change, by: install.admin)
        return (caller, identity)
    }

    @Test("gives itself nothing back, mints no key, makes no identity and issues nothing with what was taken")
    func handsOutNothing() async throws {
        let install = try Install()
        let (caller, identity) = try await narrowed(install)
        let other = try await install.identity("other", wide)
        var back = IdentityChange()
        back.scopes = wide
        let before = try install.contents()
        let authority = install.authority
        do {
            let refused = await refusal { [back] in try await authority.updateIdentity(identity.id, back, by: caller) }
            #expect(refused?.code == .scopeEscalation)
        }
        do {
            let refused = await refusal { try await install.key(["relayfile:fs:read:*"], by: caller) }
            #expect(refused?.code == .scopeEscalation)
        }
        do {
            let refused = await refusal { try await install.identity("made", ["relayfile:fs:read:*"], by: caller) }
            #expect(refused?.code == .scopeEscalation)
        }
        do {
            let refused = await refusal { try await install.issue(other, { $0.scopes = ["relayfile:fs:read:*"] }, by: caller) }
            #expect(refused?.code == .scopeEscalation)
        }
        var child = SubAgentRequest(name: "child")
        child.scopes = ["relayfile:fs:read:*"]
        do {
            let refused = await refusal { [child] in try await authority.createSubAgent(child, of: other.id, by: caller)
            }
            #expect(refused?.code == .scopeEscalation)
        }
        #expect(try install.contents() == before)
        // Each attempt is told of.
        await install.authority.flush(all: true)
        #expect(try install.audit(.scopeEscalationDenied).reduce(0) { $0 + (Int($1.metadata["count"] ?? "") ?? 0) } == 5)
    }

    @Test("hands out what it still holds, and no more where nothing is named")
    func handsOutTheRest() async throws {
        let install = try Install()
        let (caller, _) = try await narrowed(install)
        let other = try await install.identity("other", wide)
        let pair = try await install.issue(other, by: caller)
        #expect(try install.claims(pair).scopes == ["relayauth:identity:manage:*"])
    }

    @Test("is refused also when it was narrowed after its request was looked at")
    func decidedInTheWrite() async throws {
        let install = try Install()
        let identity = try await install.identity("narrowed", wide)
        let principal = try await install.caller(install.issue(identity)).principal
        try await install.change(identity, scopes: [])
        let now = install.clock.now()
        let scopes = try install.authority.parseScopes(["relayfile:fs:read:*"])
        let refused = await refusal {
            try await install.store.write { transaction in
                try Authority.requireLive(principal, handing: scopes, at: now, in: transaction)
            }
        }
        #expect(refused?.code == .scopeEscalation)
    }
}
