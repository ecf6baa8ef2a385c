@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A rotation that is refused")
struct RotationRefusalTests {
    @Test("says the first thing that is wrong, in the contract's order")
    func order() async throws {
        let install = try Install { $0.mintsPerHour = 1 }
        let identity = try await install.identity("bot", ["*"])
        let own = try await install.selfService(by: install.caller(install.issue(identity)))
        let wide = try await install.key(["*"])
        let narrow = try await install.key(["relayauth:api-key:manage:*"])
        let good = try await install.key(["relayauth:api-key:manage:*"])
        for key in [own, wide, narrow] { try await install.revoke(key) }
        let manager = try await install.key(["relayauth:api-key:manage:*"])
        let caller = try install.caller(manager, from: "198.51.100.1")
        _ = try await install.key(["relayauth:api-key:manage:*"], by: caller)
        let other = try await install.otherOrganisation().principal.organisation
        let elsewhere = Caller(caller.principal, caller.origin, named: other)
        let absent = "ak_00000000000000000000000000"
        install.clock.step(seconds: 86_400)
        let before = try install.contents()

        func code(_ id: String, overlap: Double? = nil, by caller: Caller) async -> AuthorityError.Code? {
            await refusal { try await install.authority.rotateAPIKey(id, overlapSeconds: overlap, by: caller) }?.code
        }
        #expect(await code(absent, overlap: -1, by: elsewhere) == .invalidRequest)
        #expect(await code(absent, by: elsewhere) == .organisationMismatch)
        for id in [absent, "", "ak_", identity.id, String(repeating: "a", count: 600)] {
            #expect(await code(id, by: caller) == .apiKeyNotFound)
        }
        #expect(await code(own.record.id, by: caller) == .notKeyOwner)
        #expect(await code(wide.record.id, by: caller) == .scopeEscalation)
        #expect(await code(narrow.record.id, by: caller) == .apiKeyNotActive)
        #expect(await code(good.record.id, by: caller) == .rateLimited)
        let admin = try install.admin
        #expect(await code(good.record.id, by: admin) == .clockUnreliable)
        #expect(try install.contents() == before)
        install.clock.step(seconds: -86_400)
        #expect(try await install.isLive(install.rotate(good)))
    }

    @Test("of another organisation's key finds nothing")
    func otherOrganisation() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let other = try await install.otherOrganisation()
        #expect(await refusal { try await install.rotate(key, by: other) }?.code == .apiKeyNotFound)
        #expect(await install.isLive(key))
    }

    @Test("because the key holds more than the caller names the first scope, and is noted")
    func escalation() async throws {
        let install = try Install()
        let key = try await install.key(["relayauth:api-key:manage:*", "relayfile:fs:read:*"])
        let caller = try await install.caller(install.key(["relayauth:api-key:manage:*"]))
        let error = await refusal { try await install.rotate(key, by: caller) }
        #expect(error?.code == .scopeEscalation)
        #expect(error?.text("scope") == "relayfile:fs:read:*")
        #expect(error?.list("actual") == ["relayauth:api-key:manage:*"])
        await install.authority.flush(all: true)
        #expect(try install.audit(.scopeEscalationDenied).count == 1)
        #expect(await install.isLive(key))
    }

    @Test("because the key is expired says so, also in the very millisecond")
    func expired() async throws {
        let install = try Install()
        let key = try await install.key(["*"], expiresIn: 60)
        install.clock.advance(seconds: 60)
        #expect(await refusal { try await install.rotate(key) }?.code == .apiKeyNotActive)
    }

    @Test("of a self-service key is refused to everybody but its identity, the operator included")
    func owner() async throws {
        let install = try Install()
        let identity = try await install.identity("bot", ["*"])
        let own = try await install.selfService(by: install.caller(install.issue(identity)))
        let neighbour = try await install.caller(install.issue(install.identity("neighbour", ["*"])))
        let parent = try await install.caller(install.key(["*"]))
        for caller in try [install.admin, neighbour, parent] {
            #expect(await refusal { try await install.rotate(own, by: caller) }?.code == .notKeyOwner)
        }
        #expect(await install.isLive(own))
        // by any credential of the identity, another key of its own included
        let second = try await install.selfService(by: install.caller(install.issue(identity)))
        #expect(try await install.isLive(install.rotate(own, by: install.caller(second))))
    }

    @Test("keeps a narrow token of an identity from what a wider key of the same identity holds")
    func narrowToken() async throws {
        let install = try Install()
        let identity = try await install.identity("bot", ["relayauth:api-key:manage:*", "relayfile:fs:read:*"])
        let wide = try await install.selfService(by: install.caller(install.issue(identity)))
        let narrow = try await install.caller(
            install.issue(identity, { $0.scopes = ["relayauth:api-key:manage:*"] }))
        #expect(await refusal { try await install.rotate(wide, by: narrow) }?.code == .scopeEscalation)
        #expect(await install.isLive(wide))
    }

    @Test("is not what happens to a key that holds more than its identity does by now: it stays bounded")
    func narrowedIdentity() async throws {
        let install = try Install()
        let identity = try await install.identity("bot", ["relayauth:api-key:manage:*", "relayfile:fs:read:*"])
        let own = try await install.selfService(by: install.caller(install.issue(identity)))
        try await install.give(["relayauth:api-key:manage:*"], to: identity)
        let new = try await install.rotate(own, by: install.caller(own))
        let caller = try install.caller(new)
        #expect(new.record.scopes == own.record.scopes)
        #expect(caller.principal.held.texts == ["relayauth:api-key:manage:*"])
        #expect(await refusal { try install.authority.authorize("relayfile:fs:read:/a", by: caller) }?.code == .insufficientScope)
    }
}
