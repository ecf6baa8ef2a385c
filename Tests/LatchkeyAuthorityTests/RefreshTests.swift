@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Refreshing a token pair")
struct RefreshTests {
    private let badToken = AuthorityError.Code.invalidRefreshToken

    @Test("gives scopes, audience and lifetimes as the issue did")
    func same() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:*:*:*", "relayauth:*:*:*"])
        let first = try await install.issue(identity) { request in
            request.scopes = ["relayfile:fs:read:/docs/*"]
            request.audience = ["https://api.example"]
            request.expiresIn = 600
        }
        try await install.change(identity, scopes: ["*:*:*:*"])
        install.clock.advance(seconds: 300)
        let second = try await install.refresh(first)
        let claims = try install.claims(second)
        #expect(claims.scopes == ["relayfile:fs:read:/docs/*"])
        #expect(claims.audience == ["https://api.example"])
        #expect(claims.issuedAt == ManualClock.start.seconds + 300)
        #expect(claims.expiresAt == ManualClock.start.seconds + 900)
        #expect(second.refreshTokenExpiresAt == ManualClock.start.adding(seconds: 300 + 86_400))
        #expect(second.sessionId == first.sessionId)
        #expect(second.tokenId != first.tokenId)
        #expect(!second.refreshToken.equals(first.refreshToken))
        #expect(try install.isLive(first) && install.isLive(second))
        let third = try await install.refresh(second)
        #expect(try install.claims(third).audience == ["https://api.example"])
    }

    @Test("keeps to the lives of the issue when the settings have changed since")
    func settingsChanged() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity()) { $0.expiresIn = 7200 }
        let again = try await install.restarted { settings in
            settings.accessTokenTTL = 60
            settings.refreshTokenTTL = 120
        }
        let next = try await again.refresh(pair)
        #expect(next.accessTokenExpiresAt == ManualClock.start.adding(seconds: 7200))
        #expect(next.refreshTokenExpiresAt == ManualClock.start.adding(seconds: 86_400))
    }

    @Test("cuts the scopes to what the identity still holds")
    func narrowed() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*", "relaycast:message:send:*"])
        let pair = try await install.issue(identity)
        try await install.change(identity, scopes: ["relaycast:*:*:*", "relayauth:*:*:*"])
        let next = try await install.refresh(pair)
        #expect(try install.claims(next).scopes == ["relaycast:message:send:*"])
        #expect(try install.claims(next).audience == ["relayfile", "relaycast"])
        // what comes back to the identity comes back to the session, and nothing else
        try await install.change(identity, scopes: ["*:*:*:*"])
        #expect(try install.claims(await install.refresh(next)).scopes == ["relayfile:fs:read:*", "relaycast:message:send:*"])
    }

    @Test("is refused when the identity has lost all the scopes, and nothing is spent")
    func lostAll() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*"])
        let pair = try await install.issue(identity)
        try await install.change(identity, scopes: ["relaycast:*:*:*"])
        let before = try install.contents()
        #expect(await refusal { try await install.refresh(pair) }?.code == badToken)
        #expect(try install.contents() == before)
        try await install.change(identity, scopes: [])
        #expect(await refusal { try await install.refresh(pair) }?.code == badToken)
    }

    @Test("of a token without scopes gives one without scopes, whatever the identity holds by then")
    func noScopes() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", [])
        let pair = try await install.issue(identity)
        try await install.change(identity, scopes: ["*:*:*:*"])
        #expect(try install.claims(await install.refresh(pair)).scopes.isEmpty)
    }

    @Test("refuses what is no refresh token of this install, with one sentence, and writes nothing")
    func unknown() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity())
        let key = try await install.key(["*"])
        let foreign = try Install()
        let stranger = try await foreign.issue(foreign.identity())
        let good = pair.refreshToken.text
        let refused = [
            "", "lkr_", "nonsense", good + "0", String(good.dropLast()), " " + good, pair.accessToken.text, key.secret,
            stranger.refreshToken.text,
            String(repeating: "x", count: 100_000), "lkr_" + String(repeating: "0", count: 49),
        ]
        let before = try install.contents()
        var messages: Set<String> = []
        for text in refused {
            let error = await refusal { try await install.authority.refresh(text, origin: RequestOrigin()) }
            #expect(error?.code == badToken)
            if let error { messages.insert(error.message) }
        }
        #expect(messages.count == 1)
        #expect(try install.contents() == before)
        #expect(throws: Never.self) { try install.caller(pair) }
    }

    @Test("ends with the refresh token's life")
    func expired() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let (early, late) = try await (install.issue(identity), install.issue(identity))
        install.clock.advance(milliseconds: 86_400_000 - 1)
        _ = try await install.refresh(early)
        install.clock.advance(milliseconds: 1)
        #expect(await refusal { try await install.refresh(late) }?.code == badToken)
        #expect(try install.audit(.tokenReuseDetected).isEmpty)
    }

    @Test("never goes beyond 30 days after the issue, however often")
    func sessionEnd() async throws {
        let install = try Install { $0.refreshTokenTTL = 30 * 86_400 }
        let identity = try await install.identity()
        var pair = try await install.issue(identity) { $0.expiresIn = 86_400 }
        let end = ManualClock.start.adding(seconds: 30 * 86_400)
        for _ in 0..<3 {
            install.clock.advance(seconds: 9 * 86_400)
            pair = try await install.refresh(pair)
            #expect(pair.refreshTokenExpiresAt == end)
        }
        install.clock.advance(seconds: 3 * 86_400 - 100)
        pair = try await install.refresh(pair)
        #expect(pair.accessTokenExpiresAt == end)
        #expect(pair.refreshTokenExpiresAt == end)
        #expect(try install.claims(pair).expiresAt == end.seconds)
        install.clock.advance(seconds: 100)
        #expect(await refusal { try await install.refresh(pair) }?.code == badToken)
        // verifiers' clocks may be 60 s apart, so the access token still counts for that long, and no longer
        install.clock.advance(seconds: 59)
        #expect(try install.isLive(pair))
        install.clock.advance(seconds: 1)
        #expect(try !install.isLive(pair))
    }

    @Test("a revocation of the session or of the identity's tokens ends it, one of the access token alone does not")
    func revoked() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let byToken = try await install.issue(identity)
        try await install.authority.revoke(.token(byToken.tokenId), by: install.admin)
        let next = try await install.refresh(byToken)
        #expect(try install.isLive(next))
        try await install.authority.revoke(.session(next.sessionId), by: install.admin)
        #expect(await refusal { try await install.refresh(next) }?.code == badToken)
        let byIdentity = try await install.issue(identity)
        try await install.authority.revoke(.identity(identity.id), by: install.admin)
        #expect(await refusal { try await install.refresh(byIdentity) }?.code == badToken)
        #expect(try install.audit(.tokenReuseDetected).isEmpty)
    }

    @Test("keeps no secret in the store, and no hash of one but in its own index")
    func store() async throws {
        let install = try Install()
        let first = try await install.issue(install.identity())
        let second = try await install.refresh(first)
        let key = try await install.key(["*"])
        let indexes: Set<String> = ["api-keys-by-hash", "api-key-hashes", "refresh-tokens", "refresh-answers", "expiries"]
        for (table, rows) in try install.contents() {
            for (place, row) in rows {
                for secret in [
                    first.refreshToken.text, second.refreshToken.text, first.accessToken.text, second.accessToken.text, key.secret,
                ] {
                    for (number, trace) in traces(of: secret).enumerated() where !(number == 1 && indexes.contains(table)) {
                        #expect(!contains(place, trace) && !contains(row, trace), "a secret's trace \(number) in \(table)")
                    }
                }
            }
        }
    }
}
