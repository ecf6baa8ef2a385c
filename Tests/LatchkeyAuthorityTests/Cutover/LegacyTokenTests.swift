import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A token of the old issuer")
struct LegacyTokenTests {
    @Test("counts in the phases that take HS256, and in no other", arguments: CutoverRecord.Phase.allCases)
    func phases(_ phase: CutoverRecord.Phase) async throws {
        let install = try Install()
        let identity = try await install.identity()
        try await install.importSecret { $0.maxTTL = 30 * 86_400 }
        let old = install.oldToken { $0.expiresAt += 29 * 86_400 }
        let here = try await install.issue(identity)
        #expect(try install.isLive(here))
        while let now = try install.phase, now != phase {
            if now == .sunset {
                try await install.purge { $0.override = "test" }
            } else {
                try await install.advance { $0.override = "test" }
            }
        }
        let takes = phase.verifiesLegacy
        #expect(await install.verdict(old) == (takes ? nil : .invalidToken))
        #expect(await install.verdict(here.accessToken.text) == (takes ? nil : .invalidToken))
        #expect(try (install.authority.introspect(old, by: install.admin) != nil) == takes)
        #expect(try install.isLive(here) == takes)
        #expect(try install.authority.isRevoked(tokenId: here.tokenId) == !takes)
        #expect(try install.authority.isRevoked(tokenId: "tok_0a1b2c3d4e5f60718293a4b5c6d7e8f9") == !takes)
        #expect(try install.authority.isRevoked(tokenId: "") == !takes)
        #expect(try await install.isLive(install.issue(identity)))
    }

    @Test("that is forged counts in no phase", arguments: CutoverRecord.Phase.allCases)
    func forged(_ phase: CutoverRecord.Phase) async throws {
        let install = try Install()
        try await install.reach(phase)
        let active = try #require(install.authority.keys.ring.active)
        let key = try active.privateKey(sealed: #require(active.sealedPrivateKey), by: #require(install.authority.sealing.seal))
        let good = OldToken(install)
        func changed(_ change: (inout OldToken) -> Void) -> OldToken {
            var token = good
            change(&token)
            return token
        }
        let pem = try key.publicKey.pem()
        let jwk = String(decoding: install.authority.keys.document, as: UTF8.self)
        var forgeries: [(String, String)] = []
        for (name, secret) in [
            ("PEM", pem), ("modulus", active.n), ("JWKS", jwk), ("kid", active.kid), ("legacy kid", OldIssuer.kid), ("nothing", ""),
        ] {
            forgeries.append(("\(name) as secret, legacy kid", changed { $0.secret = secret }.text))
            forgeries.append(
                (
                    "\(name) as secret, RSA kid",
                    changed {
                        $0.secret = secret
                        $0.kid = active.kid
                    }.text
                ))
        }
        forgeries.append(("modulus bytes as secret", OldIssuerBytes.hmac(good.input, key.publicKey.modulus)))
        forgeries.append(("legacy secret, RSA kid", changed { $0.kid = active.kid }.text))
        for kid in ["made-up", "Production", "production2", nil] {
            forgeries.append(("kid \(kid ?? "none")", changed { $0.kid = kid }.text))
        }
        for alg in ["none", "None", "RS256", "RS512", "PS256", "HS384", "HS512", "hs256", "ES256"] {
            let token = changed { $0.alg = alg }
            forgeries.append(("\(alg), HMAC", token.text))
            forgeries.append(("\(alg), RSA signature", try token.signed(by: key)))
            forgeries.append(("\(alg), no signature", String(decoding: token.input, as: UTF8.self) + "."))
        }
        forgeries.append(
            (
                "RS256 with an RSA key's kid and old claims",
                try changed { token in
                    token.alg = "RS256"
                    token.kid = active.kid
                }.signed(by: key)
            ))
        forgeries.append(("HS256 header over an RSA signature", try good.signed(by: key)))
        for (name, token) in forgeries { #expect(await install.verdict(token) == .invalidToken, "\(name)") }
    }

    /// As OldIssuer, with a secret that is no text.
    private enum OldIssuerBytes {
        static func hmac(_ input: [UInt8], _ secret: [UInt8]) -> String {
            CompactJWS.assemble(signingInput: input, signature: HMACSHA256.code(input, key: Secret(copying: secret)))
        }
    }

    @Test("needs its issuer, its type, an audience and its time, and may lack what old issuers left out")
    func claims() async throws {
        let install = try Install()
        try await install.importSecret()
        #expect(await install.verdict(install.oldToken()) == nil)
        #expect(await install.verdict(install.oldToken { $0.issuer = "https://keys.example" }) == .invalidToken)
        #expect(await install.verdict(install.oldToken { $0.tokenType = "refresh" }) == .invalidToken)
        #expect(await install.verdict(install.oldToken { $0.audience = ["relayfile"] }) == .invalidToken)
        #expect(await install.verdict(install.oldToken { $0.expiresAt = install.clock.now().seconds - 60 }) == .tokenExpired)
        #expect(await install.verdict(install.oldToken { $0.organisation = "org_of_old" }) == .invalidToken)
        #expect(await install.verdict(install.oldToken { $0.organisation = "org_00000000000000000000000000" }) == .invalidToken)
        let bare = install.oldToken { token in
            token.issuedAt = nil
            token.tokenId = nil
            token.sessionId = nil
            token.scopes = nil
        }
        #expect(await install.verdict(bare) == nil)
    }

    @Test("does not count when it outlives what the old issuer was said to issue, whatever else it says")
    func bound() async throws {
        let install = try Install()
        try await install.importSecret()
        let end = install.clock.now().seconds + OldIssuer.goesOn + OldIssuer.maxTTL
        #expect(await install.verdict(install.oldToken { $0.expiresAt = end }) == nil)
        #expect(await install.verdict(install.oldToken { $0.expiresAt = end + 1 }) == .invalidToken)
        #expect(await install.verdict(install.oldToken { $0.expiresAt = 99_999_999_999 }) == .invalidToken)
        // One of this install's is on record, and may live for as long as its organisation says.
        let pair = try await install.issue(install.identity()) { $0.expiresIn = 86_400 }
        #expect(pair.accessTokenExpiresAt.seconds > end)
        #expect(try install.isLive(pair))
        // What claims to be that token and is not
        let impostor = install.oldToken { token in
            token.tokenId = pair.tokenId
            token.expiresAt = pair.accessTokenExpiresAt.seconds
        }
        #expect(await install.verdict(impostor) == .tokenRevoked)
    }

    @Test("is its subject's: a known identity must be live, and what was cut off stays so")
    func identity() async throws {
        let install = try Install()
        try await install.importSecret()
        let identity = try await install.identity()
        let early = install.oldToken(identity.id)
        #expect(await install.verdict(early) == nil)
        try await install.suspend(identity)
        #expect(await install.verdict(early) == .tokenRevoked)
        try await install.reactivate(identity)
        #expect(await install.verdict(early) == .tokenRevoked)
        install.clock.advance(seconds: 1)
        #expect(await install.verdict(install.oldToken(identity.id)) == nil)
        #expect(await install.verdict(install.oldToken(identity.id) { $0.issuedAt = nil }) == .tokenRevoked)
        try await install.authority.revoke(.identity(identity.id), by: install.admin)
        #expect(await install.verdict(install.oldToken(identity.id)) == .tokenRevoked)
        install.clock.advance(seconds: 1)
        let late = install.oldToken(identity.id)
        #expect(await install.verdict(late) == nil)
        try await install.authority.deleteIdentity(identity.id, by: install.admin)
        #expect(await install.verdict(late) == .tokenRevoked)
        let retired = try await install.identity("retired")
        try await Fate.retire.meet(retired.id, in: install)
        install.clock.advance(seconds: 1)
        #expect(await install.verdict(install.oldToken(retired.id)) == .tokenRevoked)
        #expect(await install.verdict(install.oldToken("agent_00000000000000000000000000")) == nil)
    }

    @Test(
        "of a deleted identity stays dead after a restart and after the phase was left and entered again, as long as the secret is here"
    )
    func deleted() async throws {
        let install = try Install()
        try await install.importSecret()
        for _ in 0..<3 { try await install.advance { $0.override = "a test" } }
        let identity = try await install.identity()
        try await install.authority.deleteIdentity(identity.id, by: install.admin)
        try await install.rollBack()
        let again = try await install.restarted()
        #expect(await again.verdict(again.oldToken(identity.id)) == .tokenRevoked)
        #expect(await again.verdict(again.oldToken("agent_00000000000000000000000000")) == nil)
        #expect(try again.counts()["legacy-spent"] == 1)
        again.clock.advance(seconds: OldIssuer.goesOn + OldIssuer.maxTTL + 120)
        while await again.authority.upkeep() {}
        #expect(try again.counts()["legacy-spent"] == 1)
        #expect(await again.verdict(again.oldToken(identity.id)) == .invalidToken)
        try await again.advance { $0.override = "a test" }
        try await again.purge { $0.override = "a test" }
        again.clock.advance(seconds: 86_400)
        while await again.authority.upkeep() {}
        #expect(try again.counts()["legacy-spent"] == 0)
    }

    @Test(
        "of a deleted identity stays dead also when the clock was a month ahead meanwhile, and when another end of the old issuer is told")
    func deletedForGood() async throws {
        let install = try Install()
        try await install.importSecret()
        let identity = try await install.identity()
        try await install.authority.deleteIdentity(identity.id, by: install.admin)
        install.clock.step(seconds: 30 * day)
        let again = try await install.restarted()
        while await again.authority.upkeep() {}
        again.clock.step(seconds: -30 * day)
        _ = try await again.authority.acceptClock(by: again.admin)
        #expect(await again.verdict(again.oldToken(identity.id)) == .tokenRevoked)
        again.clock.advance(seconds: OldIssuer.goesOn + OldIssuer.maxTTL + 400)
        while await again.authority.upkeep() {}
        try await again.importSecret { $0.replaces = true }
        #expect(await again.verdict(again.oldToken("agent_00000000000000000000000000")) == nil)
        #expect(await again.verdict(again.oldToken(identity.id)) == .tokenRevoked)
    }

    @Test("does not reach into another organisation")
    func organisations() async throws {
        let install = try Install()
        try await install.importSecret()
        let other = try await install.otherOrganisation()
        let identity = try await install.identity()
        let organisation = other.principal.organisation
        #expect(await install.verdict(install.oldToken(identity.id) { $0.organisation = organisation }) == .tokenRevoked)
        let token = install.oldToken { $0.organisation = organisation }
        #expect(try install.authority.authenticate(token: token).organisation == organisation)
        #expect(try install.authority.introspect(token, by: install.admin) == nil)
        #expect(try install.authority.introspect(token, by: other) != nil)
    }

    @Test("is its session's and its own, where these are on record here")
    func session() async throws {
        let install = try Install()
        try await install.importSecret()
        let identity = try await install.identity()
        let pair = try await install.issue(identity)
        let ofSession = install.oldToken(identity.id) { $0.sessionId = pair.sessionId }
        #expect(await install.verdict(ofSession) == nil)
        #expect(await install.verdict(install.oldToken { $0.sessionId = pair.sessionId }) == .tokenRevoked)
        #expect(await install.verdict(pair.accessToken.text) == nil)
        try await install.authority.revoke(.token(pair.tokenId), by: install.admin)
        #expect(await install.verdict(pair.accessToken.text) == .tokenRevoked)
        #expect(await install.verdict(ofSession) == nil)
        try await install.authority.revoke(.session(pair.sessionId), by: install.admin)
        #expect(await install.verdict(ofSession) == .tokenRevoked)
        #expect(await install.verdict(install.oldToken(identity.id) { $0.sessionId = "sess_ffffffffffffffffffffffffffffffff" }) == nil)
    }

    @Test("holds those of its scopes that are scopes here; a known identity hands out no more than it holds now")
    func scopes() async throws {
        let install = try Install()
        try await install.importSecret()
        let texts = ["fs:read", "specialist:invoke", "relayfile:fs:read:/docs/*", "**", "relayauth:api-key:manage:*"]
        let token = install.oldToken { $0.scopes = texts }
        let principal = try install.authority.authenticate(token: token)
        #expect(principal.scopes.texts == ["relayfile:fs:read:/docs/*", "relayauth:api-key:manage:*"])
        #expect(principal.identityId == nil && principal.subject == "agent_of_old" && principal.label == "identity:agent_of_old")
        let verdict = try install.authority.validate(
            token, requiring: ["relayfile:fs:read:/docs/a", "relayfile:fs:write:/docs/a"], by: install.admin)
        #expect(verdict.claims == nil && verdict.missing == ["relayfile:fs:write:/docs/a"])
        #expect(try install.authority.validate(token, requiring: ["relayfile:fs:read:/docs/a"], by: install.admin).claims != nil)
        let caller = Caller(principal, RequestOrigin())
        #expect(try install.authority.authorize("relayfile:fs:read:/docs/a", by: caller).text == "relayfile:fs:read:/docs/*")
        #expect(await refusal { try install.authority.authorize("relayfile:fs:read:/other", by: caller) }?.code == .insufficientScope)

        let identity = try await install.identity("known", ["relayauth:api-key:manage:*", "relayfile:fs:read:/docs/*"])
        let known = try install.authority.authenticate(token: install.oldToken(identity.id) { $0.scopes = ["*:*:*:*"] })
        #expect(known.identityId == identity.id && known.rootId == identity.rootId)
        let wide = APIKeyRequest(name: "k", scopes: ["relayfile:fs:write:*"], expiresAt: nil)
        #expect(
            await refusal { try await install.authority.mintAPIKey(wide, by: Caller(known, RequestOrigin())) }?.code == .scopeEscalation)
    }

    @Test("does not pass for a token that an RSA key signed, though it says the same of itself")
    func otherKey() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let pair = try await install.issue(identity)
        #expect(try await install.importSecret()?.phase == .cutover)
        let twin = install.oldToken(identity.id) { token in
            token.tokenId = pair.tokenId
            token.sessionId = pair.sessionId
        }
        #expect(await install.verdict(twin) == .tokenRevoked)
        #expect(try install.isLive(pair))
    }

    @Test("for another plane is good for questions about that plane alone")
    func audience() async throws {
        let install = try Install()
        try await install.importSecret()
        let token = install.oldToken { $0.audience = ["relayfile"] }
        #expect(await install.verdict(token, audiences: nil) == nil)
        let caller = try Caller(install.authority.authenticate(token: token, audiences: nil), RequestOrigin())
        #expect(try install.authority.authorize("relayfile:fs:read:/a", by: caller).plane == "relayfile")
        #expect(await refusal { try install.authority.authorize("relayauth:token:read:*", by: caller) }?.code == .invalidToken)
    }

    @Test("ends a watcher's stream with its phase")
    func watcher() async throws {
        let install = try Install()
        try await install.reach(.cutover)
        let caller = try Caller(install.authority.authenticate(token: install.oldToken { $0.expiresAt -= 3000 }), RequestOrigin())
        let watcher = try install.watch(by: caller)
        try await install.advance { $0.override = "now" }
        install.authority.recheckWatchers()
        #expect(watcher.ending == .credential)
    }
}
