@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A refresh token of the old issuer")
struct LegacyRefreshTests {
    private func exchange(_ install: Install, _ token: String) async throws -> TokenPair {
        try await install.authority.refresh(token, origin: RequestOrigin(address: "192.0.2.3"))
    }

    private func refused(_ install: Install, _ token: String) async -> Bool {
        await refusal { try await exchange(install, token) }?.code == .invalidRefreshToken
    }

    @Test("is exchanged for a pair of the new kind, with what its identity holds, in one commit")
    func exchange() async throws {
        let install = try Install()
        try await install.importSecret()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*", "relayauth:identity:read:*"])
        let token = OldToken.refresh(install, identity)
        let batches = install.store.statistics.batches
        let pair = try await exchange(install, token)
        #expect(install.store.statistics.batches == batches + 1)
        #expect(pair.refreshToken.text.hasPrefix("lkr_"))
        let claims = try install.claims(pair)
        #expect(claims.subject == identity.id && claims.scopes == identity.scopes && claims.audience == ["relayfile", "relayauth"])
        #expect(pair.accessTokenExpiresAt == install.clock.now().adding(seconds: 3600))
        #expect(try install.isLive(pair))
        let entry = try #require(try install.audit(.tokenRefreshed).last)
        #expect(entry.actor == "identity:\(identity.id)" && entry.metadata["legacyTokenId"] == "tok_0a1b2c3d4e5f60718293a4b5c6d7e8f9")
        #expect(entry.ip == "192.0.2.3")
        let next = try await install.refresh(pair)
        #expect(try install.isLive(next) && next.sessionId == pair.sessionId)
    }

    @Test("is taken once; the same answer comes again for a client that lost it, and any other repeat kills the session")
    func once() async throws {
        let install = try Install()
        try await install.importSecret()
        let token = try await OldToken.refresh(install, install.identity())
        let pair = try await exchange(install, token)
        install.clock.advance(milliseconds: 9_999)
        let before = try install.contents()
        let again = try await exchange(install, token)
        #expect(again.accessToken.equals(pair.accessToken) && again.refreshToken.equals(pair.refreshToken))
        #expect(try install.contents() == before)
        install.clock.advance(milliseconds: 1)
        #expect(await refused(install, token))
        #expect(try !install.isLive(pair))
        #expect(try install.audit(.tokenReuseDetected).count == 1)
        #expect(await refused(install, token))
    }

    @Test("gets no mercy once its successor was used, nor across a restart after the window")
    func successor() async throws {
        let install = try Install()
        try await install.importSecret()
        let token = try await OldToken.refresh(install, install.identity())
        let second = try await install.refresh(exchange(install, token))
        #expect(await refused(install, token))
        #expect(try !install.isLive(second))
    }

    @Test("shares its jti with no other: the second one is reuse, whatever else it says")
    func spent() async throws {
        let install = try Install()
        try await install.importSecret()
        let identity = try await install.identity()
        let first = try await exchange(install, OldToken.refresh(install, identity))
        let twin = OldToken.refresh(install, identity) { $0.expiresAt += 1 }
        let again = try await install.restarted()
        #expect(await refused(again, twin))
        #expect(try !again.isLive(first))
        #expect(try again.audit(.tokenReuseDetected).count == 1)
        #expect(await refused(again, twin))
        #expect(try again.audit(.tokenReuseDetected).count == 1)
        #expect(try again.authority.isRevoked(tokenId: "tok_0a1b2c3d4e5f60718293a4b5c6d7e8f9"))
        _ = try await exchange(again, OldToken.refresh(again, identity) { $0.tokenId = "another" })
    }

    @Test("is refused unless all of it is right")
    func refusals() async throws {
        let install = try Install()
        try await install.importSecret()
        let identity = try await install.identity()
        let other = try await install.otherOrganisation().principal.organisation
        let now = install.clock.now().seconds
        let changes: [(String, (inout OldToken) -> Void)] = [
            ("an access token", { $0.tokenType = "access" }), ("another issuer", { $0.issuer = "https://keys.example" }),
            ("expired", { $0.expiresAt = now }), ("no jti", { $0.tokenId = nil }), ("an empty jti", { $0.tokenId = "" }),
            ("an endless jti", { $0.tokenId = String(repeating: "a", count: 129) }),
            ("an unknown identity", { $0.subject = "agent_00000000000000000000000000" }), ("no identity", { $0.subject = "agent_of_old" }),
            ("another organisation", { $0.organisation = other }), ("no organisation", { $0.organisation = "org_old" }),
            ("another kid", { $0.kid = "made-up" }), ("another secret", { $0.secret = "not the secret at all" }),
            ("none", { $0.alg = "none" }),
            ("HS512", { $0.alg = "HS512" }), ("RS256", { $0.alg = "RS256" }),
        ]
        let before = try install.contents()
        for (name, change) in changes { #expect(await refused(install, OldToken.refresh(install, identity, change)), "\(name)") }
        #expect(try install.contents() == before)
        try await install.suspend(identity)
        #expect(await refused(install, OldToken.refresh(install, identity)))
        try await install.reactivate(identity)
        #expect(await refused(install, OldToken.refresh(install, identity)))
        install.clock.advance(seconds: 1)
        _ = try await exchange(install, OldToken.refresh(install, identity))
    }

    @Test("counts in the phases that take HS256, and in no other", arguments: CutoverRecord.Phase.allCases)
    func phases(_ phase: CutoverRecord.Phase) async throws {
        let install = try Install()
        let identity = try await install.identity()
        try await install.reach(phase)
        #expect(await refused(install, OldToken.refresh(install, identity)) == !phase.verifiesLegacy)
    }

    @Test("is exchanged nowhere without a cutover")
    func none() async throws {
        let install = try Install()
        #expect(await refused(install, try OldToken.refresh(install, await install.identity())))
    }

    @Test("never gives more than its own scopes, nor than its identity holds now")
    func scopes() async throws {
        let install = try Install()
        try await install.importSecret()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*", "relayauth:identity:read:*"])
        func granted(_ scopes: [String]?, _ jti: String) async throws -> [String]? {
            let token = OldToken.refresh(install, identity) { token in
                token.scopes = scopes
                token.tokenId = jti
            }
            return await refused(install, token) ? nil : try install.claims(exchange(install, token)).scopes
        }
        #expect(try await granted(nil, "a") == identity.scopes)
        #expect(try await granted(["relayauth:token:refresh:*"], "b") == identity.scopes)
        #expect(try await granted(["relayfile:fs:read:/docs/*", "relayfile:fs:write:*", "fs:read"], "c") == ["relayfile:fs:read:/docs/*"])
        #expect(try await granted(["relayfile:fs:write:*"], "d") == nil)
        #expect(try await granted(["nonsense"], "e") == nil)
        #expect(try await granted([], "f") == [])
    }

    @Test("needs a clock that can be trusted, and leaves its rows to upkeep when it has ended")
    func upkeep() async throws {
        let install = try Install()
        try await install.importSecret()
        let identity = try await install.identity()
        let token = OldToken.refresh(install, identity)
        install.clock.step(seconds: 3600)
        #expect(await refusal { try await exchange(install, token) }?.code == .clockUnreliable)
        install.clock.step(seconds: -3600)
        _ = try await exchange(install, token)
        #expect(try install.counts()["legacy-spent"] == 1)
        install.clock.advance(seconds: 86_400 + 119)
        await install.authority.upkeep()
        #expect(try install.counts()["legacy-spent"] == 1)
        install.clock.advance(seconds: 1)
        await install.authority.upkeep()
        #expect(try install.counts()["legacy-spent"] == 0)
        #expect(await refused(install, token))
    }
}
