@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("What died with a key")
struct LineageCountTests {
    private let wide = ["*"]

    @Test("is counted only when it was alive, and told only when it was asked for")
    func alive() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let caller = try install.caller(stolen)
        _ = try await install.key(wide, name: "live", by: caller)
        _ = try await install.key(wide, name: "expired", by: caller, expiresIn: 60)
        try await install.revoke(install.key(wide, name: "revoked", by: caller))
        let active = try await install.identity("active", wide, by: caller)
        let suspended = try await install.identity("suspended", wide, by: caller)
        let retired = try await install.identity("retired", wide, by: caller)
        let deleted = try await install.identity("deleted", wide, by: caller)
        let revoked = try await install.issue(active, by: caller)
        for identity in [active, suspended, retired, deleted] { _ = try await install.issue(identity, by: caller) }
        try await install.authority.revoke(.session(revoked.sessionId), by: install.admin)
        try await install.suspend(suspended)
        try await Fate.retire.meet(retired.id, in: install)
        try await Fate.delete.meet(deleted.id, in: install)
        install.clock.advance(seconds: 60)
        let (_, none) = try await install.authority.revokeAPIKey(stolen.record.id, reason: nil, by: install.admin)
        #expect(none == nil)
        #expect(try await install.revokeAll(from: stolen) == RevokedDescendants(keys: 1, identities: 2, sessions: 1))
    }

    @Test("died once: asked again, nothing is left to die and nothing changes")
    func again() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let caller = try install.caller(stolen)
        _ = try await install.key(wide, by: caller)
        _ = try await install.issue(install.identity("made", wide, by: caller), by: caller)
        #expect(try await install.revokeAll(from: stolen) == RevokedDescendants(keys: 1, identities: 1, sessions: 1))
        install.clock.advance(seconds: 5)
        let before = try install.contents()
        #expect(try await install.revokeAll(from: stolen) == RevokedDescendants())
        #expect(try install.contents() == before)
        #expect(try install.shown(stolen).revokedAt == ManualClock.start)
    }

    @Test("dies also when the key itself was revoked before, which keeps its moment and its reason")
    func afterwards() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let child = try await install.key(wide, by: install.caller(stolen))
        _ = try await install.authority.revokeAPIKey(stolen.record.id, reason: "lost", by: install.admin)
        #expect(await install.isLive(child))
        install.clock.advance(seconds: 5)
        #expect(try await install.revokeAll(from: stolen) == RevokedDescendants(keys: 1, identities: 0, sessions: 0))
        #expect(await !install.isLive(child))
        #expect(try install.shown(stolen).revokedAt == ManualClock.start)
        #expect(try install.shown(stolen).revokeReason == "lost")
        #expect(try install.audit(.apiKeyRevoked).last?.metadata["revokedKeys"] == "1")
    }

    @Test("may be decided by one of those that die by it, and by none of them again")
    func byDescendant() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let child = try await install.key(wide, by: install.caller(stolen))
        let caller = try install.caller(child)
        #expect(try await install.revokeAll(from: stolen, by: caller) == RevokedDescendants(keys: 1, identities: 0, sessions: 0))
        let other = try await install.key(wide)
        #expect(await refusal { try await install.revokeAll(from: other, by: caller) }?.code == .invalidAPIKey)
        #expect(await install.isLive(other))
    }

    @Test("includes a key that was minted just before, and leaves no mint that comes after")
    func meanwhile() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let child = try await install.caller(install.key(wide, by: install.caller(stolen)))
        let identity = try await install.identity("made", wide, by: child)
        let pair = try await install.issue(identity, by: child)
        let caller = try install.caller(pair)
        let (minted, died) = try await install.inOrder({ try await install.key(["*"], by: child) }) {
            try await install.revokeAll(from: stolen)
        }
        #expect(try died.get() == RevokedDescendants(keys: 2, identities: 1, sessions: 1))
        #expect(try await !install.isLive(minted.get()))

        let second = try await install.key(wide)
        let asSecond = try install.caller(second)
        let (_, late) = try await install.inOrder({ try await install.revokeAll(from: second) }) {
            try await install.key(["*"], by: asSecond)
        }
        #expect(late.refusalCode == .invalidAPIKey)
        #expect(await refusal { try await install.issue(identity, by: install.admin) }?.code == .identityRetired)
        #expect(await refusal { try await install.selfService(by: caller) }?.code == .tokenRevoked)
    }

    @Test("ends the event streams of those that die")
    func watchers() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let child = try await install.caller(install.key(wide, by: install.caller(stolen)))
        let watcher = try install.watch(by: child)
        _ = try await install.revokeAll(from: stolen)
        #expect(try await told(watcher).isEmpty)
    }

    @Test("may be 10,000 at once: keys, identities and sessions, all dead in one commit")
    func tenThousand() async throws {
        let install = try Install.unlimited()
        let stolen = try await install.key(wide)
        let top = try install.caller(stolen).principal
        let bystander = try await install.key(wide)

        // each key was made by one of those before it, so that chains are long and bushes wide
        var dice = Dice(5)
        var makers = [top]
        var keys: [(record: APIKeyRecord, maker: Principal)] = []
        for _ in 0..<6000 {
            let maker = makers.randomElement(using: &dice)!
            let record = try install.plantable(.service, by: maker)
            keys.append((record, maker))
            makers.append(
                Principal(
                    kind: .apiKey(id: record.id, hash: SHA256.hash(Array(record.id.utf8))), organisation: record.orgId,
                    scopes: Authority.everything, rootId: top.rootId, label: "api-key:\(record.prefix)"))
        }
        try await install.plant(keys)
        let authority = install.authority
        let now = install.clock.now()
        let made = try (0..<2000).map { number in
            let maker = makers.randomElement(using: &dice)!
            let id = try authority.ids.make(.identity)
            let record = IdentityRecord(
                id: id, orgId: top.organisation, name: "planted \(number)", type: .agent, workspaceId: top.organisation, status: .active,
                scopes: wide, roles: [], metadata: [:], sponsorId: "user_1", sponsorChain: ["user_1", id], createdAt: now, updatedAt: now,
                createdBy: maker.label, parentId: nil, makerId: maker.makerId, rootId: stolen.record.id)
            return (record: record, session: try authority.ids.make(.session), maker: maker)
        }
        try await install.store.write { transaction in
            for (record, session, maker) in made {
                try IdentityIndex.put(record, replacing: nil, in: transaction)
                try transaction.put(
                    Tables.identityLiveness, record.id, IdentityRow(orgId: record.orgId, status: .active, epoch: 0, cutOffAt: nil))
                try transaction.put(
                    Tables.sessionLiveness, session,
                    SessionRow(
                        orgId: record.orgId, identityId: record.id, rootId: record.rootId, epoch: 0, endsAt: now.adding(seconds: 3600),
                        revokedAt: nil))
                for id in [record.id, session] { try Authority.noteMaking(id, by: maker, in: transaction) }
            }
        }

        let entries = try install.counts()["audit"]!
        let batches = install.store.statistics.batches
        #expect(try await install.revokeAll(from: stolen) == RevokedDescendants(keys: 6000, identities: 2000, sessions: 2000))
        #expect(install.store.statistics.batches == batches + 1)
        #expect(try install.counts()["audit"] == entries + 1 + 6000 + 2000 + 2000)
        let alive = try install.store.read { transaction in
            var alive = 0
            try transaction.scan(Tables.apiKeysByHash, limit: .max) { _, row in
                if row.isLive(at: now) { alive += 1 }
                return true
            }
            try transaction.scan(Tables.identityLiveness, limit: .max) { _, row in
                if row.status == .active { alive += 1 }
                return true
            }
            try transaction.scan(Tables.sessionLiveness, limit: .max) { _, row in
                if row.revokedAt == nil { alive += 1 }
                return true
            }
            return alive
        }
        // the bystander
        #expect(alive == 1)
        #expect(await install.isLive(bystander))
    }
}
