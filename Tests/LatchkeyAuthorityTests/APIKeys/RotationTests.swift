@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Rotating an API key")
struct RotationTests {
    @Test("gives a new secret for the same name, kind, scopes and end, and ends the old one at once")
    func same() async throws {
        let install = try Install()
        let old = try await install.key(
            ["relayfile:fs:read:/docs/*", "relayauth:api-key:manage:*"], name: "deploy", expiresIn: 30 * 86_400)
        install.clock.advance(seconds: 5)
        let new = try await install.rotate(old)
        #expect(new.record.id != old.record.id && new.secret != old.secret)
        #expect(new.record.name == "deploy")
        #expect(new.record.kind == .service)
        #expect(new.record.orgId == old.record.orgId)
        #expect(new.record.scopes == old.record.scopes)
        #expect(new.record.expiresAt == old.record.expiresAt)
        #expect(new.record.prefix == String(new.secret.prefix(11)))
        #expect(new.record.createdAt == ManualClock.start.adding(seconds: 5))
        #expect(new.record.createdBy == "admin-socket:uid=0")
        #expect(new.record.makerId == nil)
        #expect(new.record.rootId == new.record.id)
        #expect(try install.caller(new).principal.scopes.texts == old.record.scopes)
        #expect(await !install.isLive(old))
        let shown = try install.shown(old)
        #expect(shown.revokedAt == ManualClock.start.adding(seconds: 5))
        #expect(shown.revokeReason == "rotated")
    }

    @Test("by another key carries that one's root and name, and by the key itself goes once")
    func maker() async throws {
        let install = try Install()
        let root = try await install.key(["*"])
        let manager = try await install.key(["*"], by: install.caller(root))
        let old = try await install.key(["relayfile:fs:read:*"])
        let new = try await install.rotate(old, by: install.caller(manager))
        #expect(new.record.createdBy == "api-key:\(manager.record.prefix)")
        #expect(new.record.makerId == manager.record.id)
        #expect(new.record.rootId == root.record.id)
        let itself = try install.caller(manager)
        let successor = try await install.rotate(manager, by: itself)
        #expect(successor.record.makerId == manager.record.id)
        #expect(successor.record.rootId == root.record.id)
        #expect(await install.isLive(successor))
        #expect(await refusal { try await install.rotate(successor, by: itself) }?.code == .invalidAPIKey)
    }

    @Test("keeps the kind, and the identity that a key acts as")
    func kinds() async throws {
        let install = try Install()
        let token = try await install.rotate(install.organisationToken("root"))
        #expect(token.record.kind == .organisationToken)
        #expect(token.record.name == "root")
        #expect(try install.caller(token).principal.label == "org-token:\(token.record.prefix)")
        #expect(try install.authority.organisationTokens(by: install.admin).map(\.record.id) == [token.record.id])
        let identity = try await install.identity("bot", ["relayauth:api-key:manage:*", "relayfile:fs:read:*"])
        let own = try await install.selfService("mine", by: install.caller(install.issue(identity)))
        let next = try await install.rotate(own, by: install.caller(own))
        #expect(next.record.kind == .selfService)
        #expect(next.record.identityId == identity.id)
        #expect(next.record.scopes == own.record.scopes)
        #expect(try install.caller(next).principal.identityId == identity.id)
        #expect(await !install.isLive(own))
    }

    @Test("with an overlap lets both live until its end, to the millisecond")
    func overlap() async throws {
        let install = try Install()
        let old = try await install.key(["*"])
        let new = try await install.rotate(old, overlap: 3600)
        #expect(try install.shown(old).revokedAt == nil)
        #expect(try install.shown(old).expiresAt == ManualClock.start.adding(seconds: 3600))
        #expect(new.record.expiresAt == nil)
        install.clock.advance(milliseconds: 3_599_999)
        #expect(await install.isLive(old))
        install.clock.advance(milliseconds: 1)
        #expect(await !install.isLive(old))
        #expect(await install.isLive(new))
    }

    @Test("prolongs no key, whatever the overlap")
    func noLonger() async throws {
        let install = try Install()
        let old = try await install.key(["*"], expiresIn: 60)
        let new = try await install.rotate(old, overlap: 604_800)
        for key in [old, new] { #expect(try install.shown(key).expiresAt == ManualClock.start.adding(seconds: 60)) }
        let lasting = try await install.key(["*"])
        _ = try await install.rotate(lasting, overlap: 60)
        _ = try await install.rotate(lasting, overlap: 3600)
        #expect(try install.shown(lasting).expiresAt == ManualClock.start.adding(seconds: 60))
    }

    @Test("again within the overlap, because the new secret was lost, gives a key with the end that the old one had before")
    func again() async throws {
        let install = try Install()
        for end in [nil, 30 * 86_400] as [Int64?] {
            let old = try await install.key(["*"], expiresIn: end)
            _ = try await install.rotate(old, overlap: 3600)
            let second = try await install.rotate(old, overlap: 3600)
            let third = try await install.rotate(old)
            #expect(second.record.expiresAt == old.record.expiresAt)
            #expect(third.record.expiresAt == old.record.expiresAt)
            #expect(await !install.isLive(old))
            #expect(await install.isLive(third))
        }
    }

    @Test("takes whole seconds up to a week", arguments: [-1, 0.5, 604_801, .nan, .infinity, -.infinity] as [Double])
    func badOverlap(_ seconds: Double) async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let error = await refusal { try await install.rotate(key, overlap: seconds) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.text("field") == "overlapSeconds")
        #expect(await install.isLive(key))
    }

    @Test("is told by one entry that names both keys, and no secret")
    func audited() async throws {
        let install = try Install()
        let old = try await install.key(["*"], name: "deploy")
        let new = try await install.rotate(old, overlap: 60)
        let entries = try install.audit(.apiKeyRotated)
        #expect(entries.count == 1)
        #expect(
            entries.first?.metadata == [
                "apiKeyId": new.record.id, "prefix": new.record.prefix, "name": "deploy", "replaces": old.record.id,
                "replacesPrefix": old.record.prefix, "overlapSeconds": "60",
            ])
        #expect(entries.first?.actor == "admin-socket:uid=0")
        for (table, rows) in try install.contents() where !["api-keys-by-hash", "api-key-hashes"].contains(table) {
            for trace in traces(of: new.secret) {
                #expect(!rows.contains { contains($0.key, trace) || contains($0.value, trace) }, "\(table)")
            }
        }
    }

    @Test("by two at once goes once")
    func twice() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let (first, second) = try await install.inOrder({ try await install.rotate(key) }) { try await install.rotate(key) }
        #expect(try await install.isLive(first.get()))
        #expect(second.refusalCode == .apiKeyNotActive)
        #expect(try install.counts()["api-keys"] == 2)
    }

    @Test("is not for a credential that has died since it was presented, nor of a key that was revoked meanwhile")
    func meanwhile() async throws {
        let install = try Install()
        let (key, manager) = try await (install.key(["*"]), install.key(["*"]))
        let caller = try install.caller(manager)
        let (_, late) = try await install.inOrder({ try await install.revoke(manager) }) { try await install.rotate(key, by: caller) }
        #expect(late.refusalCode == .invalidAPIKey)
        let (_, second) = try await install.inOrder({ try await install.revoke(key) }) { try await install.rotate(key) }
        #expect(second.refusalCode == .apiKeyNotActive)
        #expect(try install.counts()["api-keys"] == 2)
    }

    @Test("of an identity's own key is refused when the caller's token died meanwhile", arguments: Fate.allCases)
    func ownByTheDead(_ fate: Fate) async throws {
        let install = try Install()
        let identity = try await install.identity("owner", ["relayauth:api-key:manage:*"])
        let caller = try await install.caller(install.issue(identity))
        let own = try await install.selfService(by: caller)
        let (end, late) = try await install.inOrder({ try await fate.meet(identity.id, in: install) }) {
            try await install.rotate(own, by: caller)
        }
        try end.get()
        #expect(late.refusalCode == .tokenRevoked)
        #expect(try install.counts()["api-keys"] == 1)
        #expect(try install.audit(.apiKeyRotated).isEmpty)
    }
}
