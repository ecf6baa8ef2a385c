@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Revoking tokens")
struct RevocationTests {
    @Test("by jti ends that token alone")
    func token() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let (one, other) = try await (install.issue(identity), install.issue(identity))
        try await install.authority.revoke(.token(one.tokenId), by: install.admin)
        #expect(await refusal { try install.caller(one) }?.code == .tokenRevoked)
        #expect(try !install.isLive(one) && install.isLive(other))
        #expect(try install.authority.isRevoked(tokenId: one.tokenId))
        #expect(try !install.authority.isRevoked(tokenId: other.tokenId))
    }

    @Test("by session ends all of its tokens and no others")
    func session() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let (first, other) = try await (install.issue(identity), install.issue(identity))
        let second = try await install.refresh(first)
        try await install.authority.revoke(.session(first.sessionId), by: install.admin)
        #expect(try !install.isLive(first) && !install.isLive(second) && install.isLive(other))
    }

    @Test("by identity ends every session until then; a new issue in the same millisecond is good")
    func identity() async throws {
        let install = try Install()
        let (identity, bystander) = try await (install.identity(), install.identity("bystander"))
        let (one, two, other) = try await (install.issue(identity), install.issue(identity), install.issue(bystander))
        let refreshed = try await install.refresh(two)
        try await install.authority.revoke(.identity(identity.id), by: install.admin)
        for pair in [one, two, refreshed] { #expect(try !install.isLive(pair)) }
        #expect(try install.isLive(other))
        let fresh = try await install.issue(identity)
        #expect(try install.isLive(fresh))
        let next = try await install.refresh(fresh)
        #expect(try install.isLive(next))
        let row = try #require(try install.store.read { try $0.get(Tables.identityLiveness, identity.id) })
        #expect(row.epoch == 1)
        #expect(row.cutOffAt == ManualClock.start)
    }

    @Test("again changes nothing and is no error")
    func again() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity())
        try await install.authority.revoke(.token(pair.tokenId), by: install.admin)
        try await install.authority.revoke(.session(pair.sessionId), by: install.admin)
        install.clock.advance(seconds: 5)
        let before = try install.contents()
        try await install.authority.revoke(.token(pair.tokenId), by: install.admin)
        try await install.authority.revoke(.session(pair.sessionId), by: install.admin)
        #expect(try install.contents() == before)
    }

    @Test("finds nothing that is unknown, of another kind, or of another organisation")
    func nothing() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let pair = try await install.issue(identity)
        let other = try await install.otherOrganisation()
        let before = try install.contents()
        let targets: [RevocationTarget] = [.token(pair.tokenId), .session(pair.sessionId), .identity(identity.id)]
        for target in targets { #expect(await refusal { try await install.authority.revoke(target, by: other) }?.code == .tokenNotFound) }
        let unknown: [RevocationTarget] = [
            .token("tok_00000000000000000000000000"), .token(""), .token(pair.sessionId), .session("sess_00000000000000000000000000"),
            .session(pair.tokenId),
            .identity("agent_00000000000000000000000000"), .identity(""), .identity(String(repeating: "a", count: 600)),
            .token(pair.accessToken.text),
        ]
        for target in unknown {
            #expect(await refusal { try await install.authority.revoke(target, by: install.admin) }?.code == .tokenNotFound)
        }
        #expect(try install.contents() == before)
        #expect(try install.isLive(pair))
    }

    @Test("survives a restart")
    func restart() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let (byToken, byIdentity) = try await (install.issue(identity), install.issue(identity))
        try await install.authority.revoke(.token(byToken.tokenId), by: install.admin)
        let again = try await install.restarted()
        #expect(try !again.isLive(byToken) && again.isLive(byIdentity))
        try await again.authority.revoke(.identity(identity.id), by: again.admin)
        let third = try await again.restarted()
        #expect(try !third.isLive(byIdentity))
    }

    @Test("anybody may ask whether a jti is revoked: expired and unknown ones are")
    func isRevoked() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity()) { $0.expiresIn = 60 }
        let authority = install.authority
        #expect(try !authority.isRevoked(tokenId: pair.tokenId))
        for unknown in ["tok_00000000000000000000000000", "", "x", pair.sessionId, String(repeating: "t", count: 600)] {
            #expect(try authority.isRevoked(tokenId: unknown))
        }
        install.clock.advance(milliseconds: 59_999)
        #expect(try !authority.isRevoked(tokenId: pair.tokenId))
        install.clock.advance(milliseconds: 1)
        #expect(try authority.isRevoked(tokenId: pair.tokenId))
        install.clock.advance(seconds: 3600)
        await authority.upkeep()
        #expect(try authority.isRevoked(tokenId: pair.tokenId))
    }
}

@Suite("Introspection")
struct IntrospectionTests {
    @Test("answers with the very bytes that were signed")
    func claims() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity("worker", ["relayfile:fs:read:*"]))
        let payload = try CompactJWS(parsing: pair.accessToken.text).payload
        #expect(try install.authority.introspect(pair.accessToken.text, by: install.admin) == payload)
        // whoever asks needs the organisation, not the audience
        let caller = try await install.caller(install.key(["relayauth:token:read:*"]))
        #expect(try install.authority.introspect(pair.accessToken.text, by: caller) == payload)
    }

    @Test("answers null for another organisation's token, though it is good")
    func otherOrganisation() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity())
        let other = try await install.otherOrganisation()
        #expect(try install.authority.introspect(pair.accessToken.text, by: other) == nil)
        let named = Caller(try install.admin.principal, RequestOrigin(), named: other.principal.organisation)
        #expect(await refusal { try install.authority.introspect(pair.accessToken.text, by: named) }?.code == .organisationMismatch)
    }

    @Test("answers null for what is no access token or is not good now")
    func notGood() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let pair = try await install.issue(identity)
        let key = try await install.key(["*"])
        let foreign = try Install(at: Scratch())
        let stranger = try await foreign.issue(foreign.identity())
        let good = pair.accessToken.text
        for text in [
            "", "x", pair.refreshToken.text, key.secret, good + "x", String(good.dropLast()), stranger.accessToken.text, pair.tokenId,
        ] {
            #expect(try install.authority.introspect(text, by: install.admin) == nil)
        }
        #expect(try install.isLive(pair))
        try await install.change(identity, status: .suspended)
        #expect(try !install.isLive(pair))
        try await install.change(identity, status: .active)
        #expect(try install.isLive(pair))
        try await install.change(identity, endsAll: true)
        #expect(try !install.isLive(pair))
    }
}
