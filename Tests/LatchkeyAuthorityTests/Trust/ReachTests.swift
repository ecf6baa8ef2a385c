@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Who may still accept what was revoked")
struct ReachTests {
    private static let jwks = "verifiers that have nothing but the JWKS: they learn of no revocation"

    private func bundles(_ sequence: UInt64, _ until: Timestamp) -> KeyHolder {
        KeyHolder(who: "verifiers that hold trust bundle number \(sequence), or an older one", until: until, sequence: sequence)
    }

    private func revoke(_ target: RevocationTarget, _ install: Install) async throws -> [KeyHolder] {
        let marks = RevocationMarks()
        try await install.authority.revoke(target, marking: marks, by: install.admin)
        return try install.authority.stillAccepting(marks)
    }

    @Test("are verifiers with a JWKS, until the token ends, and holders of an older bundle, until that or its own end")
    func token() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let (long, short) = try await (
            install.issue(identity) { $0.expiresIn = 7200 }, install.issue(identity) { $0.expiresIn = 600 }
        )
        #expect(try await revoke(.token(short.tokenId), install) == [KeyHolder(who: Self.jwks, until: at(600))])
        _ = try await install.bundle(validFor: 1800)
        _ = try await install.bundle(validFor: 3600)
        _ = try await install.bundle(validFor: 900)
        let told = try await revoke(.token(long.tokenId), install)
        #expect(told == [KeyHolder(who: Self.jwks, until: at(7200)), bundles(3, at(3600))])
        // A bundle that holds it concerns nobody; one that has ended, neither.
        _ = try await install.bundle(validFor: 7200)
        install.clock.advance(seconds: 1900)
        let again = try await revoke(.token(long.tokenId), install)
        #expect(again == [KeyHolder(who: Self.jwks, until: at(7200)), bundles(2, at(3600))])
        install.clock.advance(seconds: 1800)
        let later = try await revoke(.token(long.tokenId), install)
        #expect(later == [KeyHolder(who: Self.jwks, until: at(7200))])
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
        #expect(session == [KeyHolder(who: Self.jwks, until: at(960)), bundles(1, at(960))])
        let all = try await revoke(.identity(identity.id), install)
        #expect(all.map(\.until) == [at(7200), at(7200)])
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
        #expect(try install.authority.stillAccepting(marks) == [KeyHolder(who: Self.jwks, until: at(5000)), bundles(1, at(4000))])
        let own = try await install.identity("own")
        let pair = try await install.issue(own, { $0.expiresIn = 1000 }, by: caller)
        let descendants = RevocationMarks()
        _ = try await install.authority.revokeAPIKey(
            key.record.id, reason: nil, reachesDescendants: true, marking: descendants, by: install.admin)
        let until = try install.authority.stillAccepting(descendants).map(\.until)
        // The retired identities' tokens are among what dies now, too: they had been suspended, and are cut off once more.
        #expect(until.first == at(5000) && !until.isEmpty)
        #expect(try !install.isLive(pair) && !install.isLive(deep))
    }

    @Test("is nobody where nothing was revoked, and the latest that can be where there is too much to look at")
    func edges() async throws {
        let install = try Install.prepared()
        #expect(try install.authority.stillAccepting(RevocationMarks()).isEmpty)
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
        #expect(done.stillAcceptedBy.contains(bundles(2, at(5 * day))))
    }
}
