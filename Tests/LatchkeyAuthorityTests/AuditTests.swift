@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
import Testing

@Suite("The audit log")
struct AuditTests {
    @Test("has one entry for each change, with who did it and from where")
    func entries() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let caller = try install.caller(key)
        let minted = try await install.key(["relayfile:fs:read:*"], name: "child", by: caller)
        let identity = try await install.identity("worker", ["relayfile:fs:read:*"], by: caller)
        let pair = try await install.issue(identity, by: caller)
        let next = try await install.refresh(pair)
        try await install.authority.revoke(.token(next.tokenId), by: caller)
        try await install.authority.revoke(.session(next.sessionId), by: caller)
        try await install.authority.revoke(.identity(identity.id), by: caller)
        _ = try await install.authority.revokeAPIKey(minted.record.id, reason: "done", by: caller)
        let all = try install.audit()
        let entries = Array(all.dropFirst(4))
        #expect(
            entries.map(\.action) == [
                .apiKeyCreated, .identityCreated, .tokenIssued, .tokenRefreshed, .tokenRevoked, .tokenRevoked, .tokenRevoked,
                .apiKeyRevoked,
            ])
        #expect(all.map(\.seq) == Array(1...UInt64(all.count)))
        #expect(Set(all.map(\.id)).count == all.count)
        for entry in entries where entry.action != .tokenRefreshed {
            #expect(entry.actor == "api-key:\(key.record.prefix)")
            #expect(entry.ip == "192.0.2.1" && entry.userAgent == "test/1" && entry.requestId == "req-1")
        }
        for entry in entries {
            #expect(entry.orgId == install.authority.firstOrganisation)
            #expect(entry.result == .allowed)
            #expect(entry.timestamp == ManualClock.start)
        }
        #expect(entries[0].metadata["apiKeyId"] == minted.record.id && entries[0].metadata["prefix"] == minted.record.prefix)
        #expect(entries[0].metadata["name"] == "child" && entries[0].metadata["scopes"] == "relayfile:fs:read:*")
        #expect(
            entries[1].identityId == identity.id && entries[1].metadata["name"] == "worker" && entries[1].metadata["sponsorId"] == "user_1")
        #expect(
            entries[2].identityId == identity.id && entries[2].metadata["tokenId"] == pair.tokenId
                && entries[2].metadata["sessionId"] == pair.sessionId)
        #expect(
            entries[3].actor == "identity:\(identity.id)" && entries[3].metadata["tokenId"] == next.tokenId && entries[3].ip == "192.0.2.3")
        #expect(entries[4].metadata["tokenId"] == next.tokenId)
        #expect(entries[5].metadata["sessionId"] == next.sessionId)
        #expect(entries[6].identityId == identity.id)
        #expect(entries[7].metadata["reason"] == "done")
    }

    @Test("stands in the same commit as the change: neither is there without the other")
    func sameCommit() async throws {
        let install = try Install()
        let batches = install.store.statistics.batches
        _ = try await install.key(["*"])
        #expect(install.store.statistics.batches == batches + 1)
        let identity = try await install.identity()
        #expect(install.store.statistics.batches == batches + 2)
        let pair = try await install.issue(identity)
        #expect(install.store.statistics.batches == batches + 3)
        _ = try await install.refresh(pair)
        #expect(install.store.statistics.batches == batches + 4)
        try await install.authority.revoke(.session(pair.sessionId), by: install.admin)
        #expect(install.store.statistics.batches == batches + 5)
    }

    @Test("folds denials into one entry with count, first and last, after a minute")
    func folded() async throws {
        let install = try Install()
        let revoked = try await install.key(["relayfile:fs:read:*"])
        _ = try await install.authority.revokeAPIKey(revoked.record.id, reason: nil, by: install.admin)
        let batches = install.store.statistics.batches
        for _ in 0..<50 {
            #expect(throws: AuthorityError.badAPIKey) { try install.caller(revoked) }
            install.clock.advance(seconds: 1)
            await install.authority.upkeep()
        }
        #expect(install.store.statistics.batches == batches)
        install.clock.advance(seconds: 10)
        await install.authority.upkeep()
        #expect(install.store.statistics.batches == batches + 1)
        let entry = try #require(try install.audit(.apiKeyDenied).first)
        #expect(try install.audit(.apiKeyDenied).count == 1)
        #expect(entry.result == .denied)
        #expect(entry.actor == "api-key:\(revoked.record.prefix)")
        #expect(entry.orgId == install.authority.firstOrganisation)
        #expect(entry.ip == "192.0.2.1")
        #expect(entry.metadata["count"] == "50")
        #expect(entry.metadata["reason"] == "revoked")
        #expect(entry.metadata["first"] == ManualClock.start.description)
        #expect(entry.metadata["last"] == ManualClock.start.adding(seconds: 49).description)
    }

    @Test("tells each reason why a key was refused, which the refused never learns")
    func reasons() async throws {
        let install = try Install()
        let expired = try await install.key(["*"], expiresIn: 1)
        let stranger = try await Install().key(["*"])
        install.clock.advance(seconds: 1)
        for text in ["nonsense", stranger.secret, expired.secret] {
            #expect(throws: AuthorityError.badAPIKey) {
                try install.authority.authenticate(apiKey: text, origin: RequestOrigin(address: "192.0.2.9"))
            }
        }
        install.clock.advance(seconds: 60)
        await install.authority.upkeep()
        let entries = try install.audit(.apiKeyDenied)
        #expect(Set(entries.compactMap { $0.metadata["reason"] }) == ["malformed", "unknown", "expired"])
        for entry in entries where entry.metadata["reason"] != "expired" {
            #expect(entry.orgId.isEmpty && entry.actor == "anonymous")
        }
    }

    @Test("keeps no more than 256 different denials of one organisation or of none apart, however many addresses come")
    func bounded() async throws {
        let install = try Install()
        for number in 0..<3000 {
            let origin = RequestOrigin(address: "10.0.\(number / 250).\(number % 250)")
            #expect(throws: AuthorityError.badAPIKey) { try install.authority.authenticate(apiKey: "nonsense", origin: origin) }
        }
        install.clock.advance(seconds: 60)
        await install.authority.upkeep()
        let entries = try install.audit(.apiKeyDenied)
        #expect(entries.count == 257)
        #expect(entries.compactMap { $0.metadata["count"].flatMap { Int($0) } }.reduce(0, +) == 3000)
    }

    @Test("tells of denied scopes and of escalations that were tried")
    func scopes() async throws {
        let install = try Install()
        let key = try await install.key(["relayauth:identity:manage:*", "relayauth:token:create:*"])
        let caller = try install.caller(key)
        let identity = try await install.identity("worker", ["relayfile:fs:read:*"])
        #expect(
            await refusal { try install.authority.require(Scope("relayauth:api-key:manage:*"), of: caller) }?.code == .insufficientScope)
        #expect(await refusal { try await install.key(["relayfile:fs:read:*"], by: caller) }?.code == .scopeEscalation)
        #expect(await refusal { try await install.identity("x", ["*"], by: caller) }?.code == .scopeEscalation)
        #expect(await refusal { try await install.issue(identity, by: caller) }?.code == .scopeEscalation)
        let closing = try await install.restarted()
        let denied = try closing.audit(.scopeDenied)
        #expect(denied.map { $0.metadata["reason"] } == ["relayauth:api-key:manage:*"])
        #expect(denied.first?.actor == "api-key:\(key.record.prefix)")
        let escalations = try closing.audit(.scopeEscalationDenied)
        #expect(Set(escalations.compactMap { $0.metadata["reason"] }) == ["relayfile:fs:read:*", "*:*:*:*"])
        #expect(escalations.first { $0.metadata["reason"] == "relayfile:fs:read:*" }?.metadata["count"] == "2")
    }

    @Test("never changes an entry that was written")
    func appendOnly() async throws {
        let install = try Install()
        _ = try await install.key(["*"])
        let before = try install.contents()
        let identity = try await install.identity()
        let pair = try await install.issue(identity)
        _ = try await install.refresh(pair)
        #expect(throws: AuthorityError.badAPIKey) { try install.authority.authenticate(apiKey: "x", origin: RequestOrigin()) }
        install.clock.advance(seconds: 100 * 86_400)
        while await install.authority.upkeep() {}
        let after = try await install.restarted().contents()
        for table in ["audit", "audit-index"] {
            let rows = try #require(before[table])
            #expect(rows.count >= 4)
            #expect(rows.allSatisfy { after[table]?[$0.key] == $0.value })
        }
        #expect(try #require(after["audit"]?.count) > #require(before["audit"]?.count))
    }

    @Test("holds no secret and no hash of one")
    func secrets() async throws {
        let install = try Install { $0.refreshRetryWindow = 0 }
        let key = try await install.key(["*"])
        let child = try await install.key(["*"], by: install.caller(key))
        let pair = try await install.issue(install.identity("worker", ["*"], by: install.caller(key)), by: install.caller(child))
        let next = try await install.refresh(pair)
        #expect(await refusal { try await install.refresh(pair) }?.code == .invalidRefreshToken)
        _ = try await install.authority.revokeAPIKey(child.record.id, reason: "lost", by: install.admin)
        #expect(throws: AuthorityError.badAPIKey) { try install.caller(child) }
        let broken = String(child.secret.dropLast())
        #expect(throws: AuthorityError.badAPIKey) { try install.authority.authenticate(apiKey: broken, origin: RequestOrigin()) }
        let again = try await install.restarted()
        let rows = try #require(try again.contents()["audit"])
        #expect(rows.count >= 11)
        let secrets = [
            key.secret, child.secret, broken, pair.refreshToken.text, pair.accessToken.text, next.refreshToken.text, next.accessToken.text,
        ]
        for secret in secrets {
            for trace in traces(of: secret) { #expect(!rows.values.contains { contains($0, trace) }) }
        }
        // a prefix names a key to a person; not one character more of it
        for secret in [key.secret, child.secret] {
            #expect(rows.values.contains { contains($0, Array(secret.utf8.prefix(11))) })
            #expect(!rows.values.contains { contains($0, Array(secret.utf8.prefix(12))) })
        }
    }

    @Test("keeps the denials that could not be written until they can be")
    func givenBack() async throws {
        let install = try Install()
        #expect(throws: AuthorityError.badAPIKey) { try install.authority.authenticate(apiKey: "x", origin: RequestOrigin()) }
        install.store.close()
        await install.authority.flush(all: true)
        #expect(install.authority.denials.take(at: ManualClock.start, all: true).map(\.count) == [1])
    }
}
