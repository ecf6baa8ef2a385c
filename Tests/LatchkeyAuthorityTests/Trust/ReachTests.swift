@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Who may still accept what was revoked")
struct ReachTests {
    private static let jwks = "verifiers that have nothing but the JWKS: they learn of no revocation"

    private func bundles(_ sequence: UInt64, _ until: Timestamp) -> KeyHolder {
        KeyHolder(
            who: "verifiers that hold trust bundle number \(sequence), or an older one", until: until.adding(seconds: 60),
            sequence: sequence)
    }

    /// With the minute of skew that verifiers allow.
    private func jwks(_ until: Timestamp) -> KeyHolder { KeyHolder(who: Self.jwks, until: until.adding(seconds: 60)) }

    private func revoke(_ target: RevocationTarget, _ install: Install) async throws -> [KeyHolder] {
        let marks = RevocationMarks()
        try await install.authority.revoke(target, marking: marks, by: install.admin)
        return try await install.authority.stillAccepting(marks)
    }

    @Test("are verifiers with a JWKS, until the token ends, and holders of an older bundle, until that or its own end")
    func token() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let (long, short) = try await (
            install.issue(identity) { $0.expiresIn = 7200 }, install.issue(identity) { $0.expiresIn = 600 }
        )
        let first = try await revoke(.token(short.tokenId), install)
        #expect(first == [jwks(at(600))])
        _ = try await install.bundle(validFor: 1800)
        _ = try await install.bundle(validFor: 3600)
        _ = try await install.bundle(validFor: 900)
        let told = try await revoke(.token(long.tokenId), install)
        #expect(told == [jwks(at(7200)), bundles(3, at(3600))])
        // A bundle that holds it concerns nobody; one that has ended, neither.
        _ = try await install.bundle(validFor: 7200)
        install.clock.advance(seconds: 1900)
        let again = try await revoke(.token(long.tokenId), install)
        #expect(again == [jwks(at(7200)), bundles(2, at(3600))])
        install.clock.advance(seconds: 1800)
        let later = try await revoke(.token(long.tokenId), install)
        #expect(later == [jwks(at(7200))])
        install.clock.advance(seconds: 3600)
        let never = try await revoke(.token(long.tokenId), install)
        #expect(never.isEmpty)
    }

    @Test("is told of a session and an identity by the last of their tokens that lives")
    func others() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let (one, two) = try await (
            install.issue(identity) { $0.expiresIn = 900 }, install.issue(identity) { $0.expiresIn = 7200 }
        )
        let other = try await install.issue(identity) { $0.expiresIn = 9000 }
        try await install.authority.revoke(.token(other.tokenId), by: install.admin)
        install.clock.advance(seconds: 60)
        _ = try await install.refresh(one)
        _ = try await install.bundle(validFor: day)
        let session = try await revoke(.session(one.sessionId), install)
        #expect(session == [jwks(at(960)), bundles(1, at(960))])
        let all = try await revoke(.identity(identity.id), install)
        // The one that was revoked by itself before is one of theirs, and alive elsewhere.
        #expect(all.map(\.until) == [at(9060), at(9060)])
        let unused = try await install.identity("unused")
        let nobody = try await revoke(.identity(unused.id), install)
        #expect(nobody.isEmpty)
        _ = two
    }

    @Test("is told of a family that is suspended, and of what came from a key")
    func families() async throws {
        let install = try Install.prepared()
        let key = try await install.key(["*"])
        let caller = try install.caller(key)
        let family = try await install.family(by: caller)
        let deep = try await install.issue(family.c) { $0.expiresIn = 5000 }
        _ = try await install.bundle(validFor: 4000)
        let marks = RevocationMarks()
        _ = try await install.authority.suspendIdentity(family.a.id, reason: "why", marking: marks, by: install.admin)
        let told = try await install.authority.stillAccepting(marks)
        #expect(told == [jwks(at(5000)), bundles(1, at(4000))])
        let own = try await install.identity("own")
        let pair = try await install.issue(own, { $0.expiresIn = 1000 }, by: caller)
        let descendants = RevocationMarks()
        _ = try await install.authority.revokeAPIKey(
            key.record.id, reason: nil, reachesDescendants: true, marking: descendants, by: install.admin)
        let until = try await install.authority.stillAccepting(descendants).map(\.until)
        // The suspended family had been cut off before this, and of that no more is known here than that a token lives for a day at most.
        #expect(until.first == at(86_460))
        #expect(try !install.isLive(pair) && !install.isLive(deep))
    }

    @Test("is nobody where nothing was revoked, and the latest that can be where there is too much to look at")
    func edges() async throws {
        let install = try Install.prepared()
        let nobody = try await install.authority.stillAccepting(RevocationMarks())
        #expect(nobody.isEmpty)
        let identity = try await install.identity()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<1000 { group.addTask { _ = try await install.issue(identity) { $0.expiresIn = 60 } } }
            try await group.waitForAll()
        }
        let told = try await revoke(.identity(identity.id), install)
        #expect(told.count == 1 && told[0].until >= at(day))
    }

    @Test("of a signing key is told with the number of the newest bundle that holds it")
    func signingKey() async throws {
        let install = try Install.prepared()
        _ = try await install.bundle(validFor: day)
        _ = try await install.bundle(validFor: 5 * day)
        install.clock.advance(seconds: 60)
        let done = try await install.authority.revokeKey(install.signer.kid, reason: "stolen", by: install.admin)
        #expect(done.stillAcceptedBy.contains { $0.sequence == 2 && $0.until == at(5 * day) })
    }

    @Test("is told of what had been revoked before: asking again is no reason to say nobody")
    func repeated() async throws {
        let install = try Install.prepared()
        let key = try await install.key(["*"])
        let caller = try install.caller(key)
        let identity = try await install.identity("made", Family.scopes, by: caller)
        _ = try await install.issue(identity, { $0.expiresIn = 3600 }, by: caller)
        _ = try await install.bundle(validFor: day)
        _ = try await install.revokeAll(from: key)
        install.clock.advance(seconds: 120)
        _ = try await install.bundle(validFor: day)
        let retired = RevocationMarks()
        _ = try await install.authority.retireIdentity(identity.id, reason: nil, marking: retired, by: install.admin)
        let descendants = RevocationMarks()
        _ = try await install.authority.revokeAPIKey(
            key.record.id, reason: nil, reachesDescendants: true, marking: descendants, by: install.admin)
        for marks in [retired, descendants] {
            let told = try await install.authority.stillAccepting(marks)
            #expect(told.count == 2 && told[0].until >= at(3660) && told[1].sequence == 1)
        }
        install.clock.advance(seconds: 2 * day)
        let late = try await install.authority.stillAccepting(descendants)
        #expect(late.isEmpty)
    }

    @Test("waits for a bundle that is being made: it may lack what was revoked meanwhile, and is named")
    func underWay() async throws {
        let meanwhile = Meanwhile(at: "bundle: signed")
        let install = try Install.prepared(seams: { $0.afterStep = meanwhile.seam })
        let pair = try await install.issue(install.identity())
        let store = install.store
        let tokenId = pair.tokenId
        let marks = RevocationMarks()
        // Between the number that was fixed and the commit, as a revocation does it.
        meanwhile.does {
            try store.writeAndWait { transaction in
                var row = try #require(try transaction.get(Tables.tokens, tokenId))
                row.revokedAt = at(0)
                try marks.begin(in: transaction)
                try transaction.put(Tables.tokens, tokenId, row)
                try RevocationLog.note(RevocationLog.token(tokenId, row), in: transaction)
                try marks.end(in: transaction)
            }
        }
        async let made = install.bundle(validFor: day)
        while meanwhile.count == 0 { await Task.yield() }
        let told = try await install.authority.stillAccepting(marks)
        let bundle = try await made
        #expect(bundle.contents.revokedTokens.count == 0 && told.map(\.sequence) == [nil, 1])
    }

    @Test("of an identity in a cutover are holders of the legacy secret, too")
    func legacy() async throws {
        let install = try Install.prepared()
        try await install.importSecret()
        let told = try await revoke(.identity(install.identity().id), install)
        let record = try #require(install.authority.keys.ring.cutover)
        #expect(told.map(\.until) == [record.elsewhereUntil.adding(seconds: 60)])
    }
}
