@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("What is remembered of who made what")
struct LineageRowsTests {
    private static let month = AuthoritySettings.sessionLife + 120

    private func install() throws -> Install {
        try Install.prepared {
            $0.mintsPerHour = 0
            $0.organisationTokensPerHour = 0
            $0.refreshTokenTTL = AuthoritySettings.sessionLife
        }
    }

    private let wide = ["*"]

    private func tend(_ install: Install) async { while await install.authority.upkeep() {} }

    /// How many rows there are of it, and whether both tables say the same.
    private func rows(_ install: Install) throws -> Int {
        try install.expectTrueIndexes()
        return try install.counts()["makings"]!
    }

    @Test("does not grow with the length of a chain of sessions each of which made the next")
    func chain() async throws {
        let install = try install()
        let stolen = try await install.key(wide)
        let known = try await install.identity("known", wide)
        var pair = try await install.issue(known, by: install.caller(stolen))
        var counts: [Int] = []
        for _ in 0..<12 {
            install.clock.advance(seconds: 20 * 86_400)
            await tend(install)
            pair = try await install.issue(known, by: install.caller(install.refresh(pair)))
            counts.append(try rows(install))
        }
        #expect(try #require(counts.max()) <= 9)
        #expect(try install.counts()["sessions"]! <= 3)
        #expect(try await install.revokeAll(from: stolen)?.sessions == 2)
        #expect(try !install.isLive(pair))
        install.clock.advance(seconds: Self.month)
        await tend(install)
        #expect(try rows(install) == 0)
        #expect(try install.counts()["expiries"] == 0)
    }

    @Test("does not grow with identities that come and go, and is right all the while")
    func identities() async throws {
        let install = try install()
        let stolen = try await install.key(wide)
        let known = try await install.identity("known", wide)
        for number in 0..<6 {
            let parent = try await install.identity("parent \(number)", wide, by: install.caller(stolen))
            let child = try await install.subAgent("child \(number)", of: parent, wide)
            let session = try await install.issue(known, by: install.caller(child.pair))
            try await install.authority.deleteIdentity(number % 2 == 0 ? parent.id : child.identity.id, by: install.admin)
            if number % 2 == 1 { try await install.authority.deleteIdentity(parent.id, by: install.admin) }
            let before = try install.store.read { try Authority.lineage(of: stolen.record.id, in: $0) }
            #expect(before.sessions.contains(session.sessionId))
            await tend(install)
            // what is left is to the key, and to the session of the child for as long as it is kept
            #expect(try rows(install) == 2)
            let after = try install.store.read { try Authority.lineage(of: stolen.record.id, in: $0) }
            #expect(after.sessions == [session.sessionId] && after.identities.isEmpty)
            install.clock.advance(seconds: Self.month)
            await tend(install)
            #expect(try rows(install) == 0)
        }
        #expect(try install.counts()["expiries"] == 0)
    }

    @Test("passes on in small steps, and at each of them leads everywhere")
    func steps() async throws {
        let install = try install()
        let stolen = try await install.key(wide)
        let made = try await install.identity("made", wide, by: install.caller(stolen))
        let maker = try await install.caller(install.issue(made)).principal
        let keys = try (0..<300).map { _ in try install.plantable(.service, by: maker) }
        try await install.plant(keys.map { ($0, maker) })
        let batches = install.store.statistics.batches
        try await install.authority.deleteIdentity(made.id, by: install.admin)
        #expect(install.store.statistics.batches == batches + 1)
        var rounds = 0
        while try !install.store.read({ try Authority.made(by: made.id, in: $0) }).isEmpty {
            let lineage = try install.store.read { try Authority.lineage(of: stolen.record.id, in: $0) }
            #expect(Set(lineage.keys) == Set(keys.map(\.id)))
            await install.authority.upkeep()
            rounds += 1
        }
        #expect((4...6).contains(rounds))
        #expect(try rows(install) == 300 + 300)
        #expect(try await install.revokeAll(from: stolen) == RevokedDescendants(keys: 300, identities: 0, sessions: 0))
    }

    @Test("stays where it is when there would be too much to pass on, and leads everywhere still")
    func manyMakers() async throws {
        let install = try install()
        let stolen = try await install.key(wide)
        let known = try await install.identity("known", wide)
        let hub = try await install.issue(known, by: install.caller(stolen))
        let key = try await install.key(wide, by: install.caller(hub))
        let others = try (0..<40).map { _ in try install.authority.ids.make(.identity) }
        let organisation = known.orgId
        try await install.store.write { transaction in
            for id in others {
                let session = Principal(
                    kind: .token(id: "tok", sessionId: id, identityId: id), organisation: organisation, scopes: Authority.everything,
                    rootId: nil, label: "identity:\(id)")
                try Authority.noteMaking(hub.sessionId, by: session, in: transaction)
            }
        }
        let before = try rows(install)
        for _ in 0..<3 {
            install.clock.advance(seconds: Self.month)
            await tend(install)
        }
        #expect(try rows(install) == before)
        #expect(try await install.revokeAll(from: stolen)?.keys == 1)
        #expect(await !install.isLive(key))
    }

    @Test("is nothing where a token from elsewhere names what is no id here")
    func foreign() async throws {
        let install = try install()
        try await install.importSecret()
        var token = OldToken(install)
        token.subject = String(repeating: "x", count: 128)
        token.scopes = ["*"]
        let text = token.text
        let caller = Caller(try install.authority.authenticate(token: text), RequestOrigin())
        _ = try await install.key(["relayfile:fs:read:*"], by: caller)
        #expect(try rows(install) == 0)
    }
}
