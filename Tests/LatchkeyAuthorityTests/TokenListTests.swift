@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A list of tokens")
struct TokenListTests {
    private func list(_ install: Install, _ id: String, limit: Int = 100) throws -> (tokens: [LiveToken], pages: Int) {
        var seen: [LiveToken] = []
        var pages = 0
        var cursor: String?
        repeat {
            let page = try PageRequest(limit: String(limit), cursor: cursor, kind: .token)
            let found = try install.authority.tokens(of: id, page, by: install.admin)
            #expect(found.elements.count <= limit)
            seen += found.elements
            cursor = found.cursor
            pages += 1
        } while cursor != nil && pages < 1000
        return (seen, pages)
    }

    @Test("says what each live token is")
    func fields() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*", "cloud:run:invoke:*"])
        install.clock.advance(milliseconds: 1500)
        let pair = try await install.issue(identity) { request in
            request.scopes = ["relayfile:fs:read:/a"]
            request.audience = ["x", "relayauth"]
            request.expiresIn = 60
        }
        let token = try #require(try list(install, identity.id).tokens.first)
        #expect(token.id == pair.tokenId && token.sessionId == pair.sessionId)
        #expect(token.scopes == ["relayfile:fs:read:/a"] && token.audience == ["x", "relayauth"])
        #expect(token.issuedAt == install.clock.now() && token.expiresAt == install.clock.now().adding(seconds: 60))
    }

    @Test("holds those that are live, newest first, each once, whatever the size of the page", arguments: 1...7)
    func live(_ limit: Int) async throws {
        let install = try Install()
        let identity = try await install.identity("worker", Family.scopes)
        _ = try await install.issue(install.identity("bystander", Family.scopes))
        var pairs: [TokenPair] = []
        for _ in 0..<7 { pairs.append(try await install.issue(identity)) }
        let short = try await install.issue(identity) { $0.expiresIn = 10 }
        try await install.authority.revoke(.token(pairs[1].tokenId), by: install.admin)
        try await install.authority.revoke(.session(pairs[4].sessionId), by: install.admin)
        let refreshed = try await install.refresh(pairs[2])
        let expected = [refreshed, short, pairs[6], pairs[5], pairs[3], pairs[2], pairs[0]]
        #expect(try list(install, identity.id, limit: limit).tokens.map(\.id) == expected.map(\.tokenId))
        install.clock.advance(seconds: 10)
        #expect(
            try list(install, identity.id, limit: limit).tokens.map(\.id) == expected.filter { $0.tokenId != short.tokenId }.map(\.tokenId))
        for token in try list(install, identity.id).tokens { #expect(try !install.authority.isRevoked(tokenId: token.id)) }
        try await install.authority.revoke(.identity(identity.id), by: install.admin)
        let fresh = try await install.issue(identity)
        #expect(try list(install, identity.id, limit: limit).tokens.map(\.id) == [fresh.tokenId])
        try await install.suspend(identity)
        #expect(try list(install, identity.id, limit: limit).tokens.isEmpty)
    }

    @Test("looks at a bounded number of dead ones a page, and still ends")
    func dead() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", Family.scopes)
        let first = try await install.issue(identity)
        let now = install.clock.now()
        let ids = try (0..<2500).map { _ in try install.authority.ids.make(.token) }
        try await install.store.write { transaction in
            var row = try transaction.get(Tables.tokens, first.tokenId)!
            row.revokedAt = now
            for id in ids {
                try transaction.put(Tables.tokens, id, row)
                try transaction.put(Tables.tokensByIdentity, OwnedKey(identity.id, id), EmptyRow())
            }
        }
        let found = try list(install, identity.id, limit: 10)
        #expect(found.tokens.map(\.id) == [first.tokenId])
        #expect(found.pages == 3)
    }

    @Test("is of the caller's own organisation's identities alone")
    func foreign() async throws {
        let install = try Install()
        let theirs = try await install.identity("worker", by: install.otherOrganisation())
        for id in [theirs.id, "agent_00000000000000000000000000", "", "tok_00000000000000000000000000"] {
            #expect(await refusal { try list(install, id) }?.code == .identityNotFound)
        }
    }
}

@Suite("A validation of a token")
struct TokenValidationTests {
    private func validate(_ install: Install, _ pair: TokenPair, _ scopes: [String] = [], by caller: Caller? = nil) throws -> TokenVerdict {
        try install.authority.validate(pair.accessToken.text, requiring: scopes, by: caller ?? install.admin)
    }

    @Test("gives the claims in the bytes that were signed, for any audience")
    func good() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*"])
        let pair = try await install.issue(identity) { $0.audience = ["elsewhere"] }
        for scopes in [[], ["relayfile:fs:read:/a", "relayfile:fs:read"]] {
            let verdict = try validate(install, pair, scopes)
            #expect(verdict.claims != nil && verdict.missing.isEmpty)
            #expect(try verdict.claims == install.authority.introspect(pair.accessToken.text, by: install.admin))
        }
    }

    @Test("names each scope that is missing, and then gives no claims")
    func missing() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity("worker", ["relayfile:fs:read:/docs/*"]))
        let verdict = try validate(
            install, pair, ["relayfile:fs:read:/docs/a", "relayfile:fs:write:/docs/a", "relayfile:fs:read:/docsets/a"])
        #expect(verdict.claims == nil)
        #expect(verdict.missing == ["relayfile:fs:write:/docs/a", "relayfile:fs:read:/docsets/a"])
    }

    @Test("of a token that is not good says no more than that")
    func bad() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*"])
        let (revoked, ended, suspended) = try await (install.issue(identity), install.issue(identity), install.issue(identity))
        let other = try await install.otherOrganisation()
        try await install.authority.revoke(.token(revoked.tokenId), by: install.admin)
        try await install.authority.revoke(.session(ended.sessionId), by: install.admin)
        #expect(try validate(install, suspended, by: other).claims == nil)
        #expect(try validate(install, suspended, ["cloud:run:invoke:*"], by: other).missing.isEmpty)
        #expect(try validate(install, suspended).claims != nil)
        try await install.suspend(identity)
        let expired = try await install.issue(install.identity("short")) { $0.expiresIn = 1 }
        install.clock.advance(seconds: 62)
        for pair in [revoked, ended, suspended, expired] {
            let verdict = try validate(install, pair, ["cloud:run:invoke:*"])
            #expect(verdict.claims == nil && verdict.missing.isEmpty)
        }
        for text in ["", "x", "a.b.c", suspended.refreshToken.text] {
            let verdict = try install.authority.validate(text, requiring: [], by: install.admin)
            #expect(verdict.claims == nil && verdict.missing.isEmpty)
        }
    }

    @Test("refuses scopes that are none, whatever the token, and another organisation's name")
    func refused() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation().principal.organisation
        let authority = install.authority
        let named = Caller(try install.admin.principal, RequestOrigin(), named: other)
        #expect(await refusal { try authority.validate("x", requiring: ["relayfile:fs:reed"], by: named) }?.code == .invalidScope)
        #expect(await refusal { try authority.validate("x", requiring: [], by: named) }?.code == .organisationMismatch)
    }
}
