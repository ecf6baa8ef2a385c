import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Authenticating with a token")
struct AuthenticationTests {
    /// Signs whatever claims with the install's own key: what only a thief of the key, or this program, could do.
    private func forge(_ install: Install, _ pair: TokenPair, header: String? = nil, _ change: (inout Claims) -> Void = { _ in }) throws
        -> String
    {
        var claims = try install.claims(pair)
        change(&claims)
        let kid = try #require(install.authority.keys.ring.active?.kid)
        let input = CompactJWS.signingInput(
            header: Array((header ?? #"{"alg":"RS256","typ":"JWT","kid":"\#(kid)"}"#).utf8), payload: claims.json())
        return CompactJWS.assemble(signingInput: input, signature: try install.authority.signRSA(input))
    }

    private func code(_ install: Install, _ token: String) async -> AuthorityError.Code? {
        await refusal { try install.authority.authenticate(token: token) }?.code
    }

    @Test("gives the principal of the identity, with the token's scopes and the session's root")
    func principal() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let identity = try await install.identity("worker", ["relayauth:identity:read:*", "relayfile:fs:read:*"])
        let pair = try await install.issue(identity, { $0.scopes = ["relayauth:identity:read:*"] }, by: install.caller(key))
        let principal = try install.caller(pair).principal
        #expect(principal.kind == .token(id: pair.tokenId, sessionId: pair.sessionId, identityId: identity.id))
        #expect(principal.subject == identity.id)
        #expect(principal.identityId == identity.id)
        #expect(principal.label == "identity:\(identity.id)")
        #expect(principal.scopes.texts == ["relayauth:identity:read:*"])
        #expect(principal.organisation == identity.orgId)
        #expect(principal.rootId == key.record.rootId)
    }

    @Test("refuses everything that is wrong with a token itself with one sentence")
    func oneSentence() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity())
        let foreign = try Install(at: Scratch())
        let kid = try #require(install.authority.keys.ring.active?.kid)
        let standby = try #require(install.authority.keys.ring.standby?.kid)
        let parts = pair.accessToken.text.split(separator: ".").map(String.init)
        let publicKey = try #require(install.authority.keys.ring.active.flatMap { Base64URL.decode($0.n) })
        let hmacHeader = Array(#"{"alg":"HS256","typ":"JWT","kid":"\#(kid)"}"#.utf8)
        let hmacInput = CompactJWS.signingInput(header: hmacHeader, payload: try install.claims(pair).json())
        var changed = try #require(Base64URL.decode(parts[1]))
        changed[10] ^= 1
        let tokens = try await [
            "", "x", pair.refreshToken.text, parts[0] + "." + parts[1] + ".", "\(parts[0]).\(Base64URL.encode(changed)).\(parts[2])",
            CompactJWS.assemble(signingInput: hmacInput, signature: HMACSHA256.code(hmacInput, key: Secret(copying: publicKey))),
            forge(install, pair, header: #"{"alg":"none","typ":"JWT","kid":"\#(kid)"}"#),
            forge(install, pair, header: #"{"alg":"RS256","typ":"JWT","kid":"\#(standby)"}"#),
            forge(install, pair, header: #"{"alg":"RS256","typ":"JWT","kid":"other"}"#),
            forge(install, pair, header: #"{"alg":"RS256","typ":"JWT"}"#),
            forge(install, pair) { $0.issuer = "https://other.example" }, forge(install, pair) { $0.audience = ["relayfile"] },
            forge(install, pair) { $0.audience = [] },
            forge(install, pair) { $0.tokenType = "refresh" }, forge(install, pair) { $0.issuedAt += 3600 },
            forge(install, pair) { $0.scopes = ["nonsense"] },
            foreign.issue(foreign.identity()).accessToken.text,
            // expired, but not of this issuer or for this audience: never merely expired
            forge(install, pair) { claims in
                claims.expiresAt = 1
                claims.issuedAt = 0
                claims.issuer = "https://other.example"
            },
        ]
        var messages: Set<String> = []
        for token in tokens {
            let error = await refusal { try install.authority.authenticate(token: token) }
            #expect(error?.code == .invalidToken)
            if let error { messages.insert(error.message) }
        }
        #expect(messages.count == 1)
        #expect(throws: Never.self) { try install.caller(pair) }
    }

    @Test("says that a token expired 60 s after it did, and not before")
    func expired() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity()) { $0.expiresIn = 60 }
        install.clock.advance(milliseconds: 119_999)
        #expect(await code(install, pair.accessToken.text) == nil)
        #expect(try install.isLive(pair))
        install.clock.advance(milliseconds: 1)
        #expect(await code(install, pair.accessToken.text) == .tokenExpired)
        #expect(try !install.isLive(pair))
    }

    @Test("takes no token whose rows say something else than it does, though its signature is good")
    func mismatchedRows() async throws {
        let install = try Install()
        let (one, other) = try await (install.identity("one"), install.identity("other"))
        let (mine, theirs) = try await (install.issue(one), install.issue(other))
        for token in [
            try forge(install, mine) { $0.tokenId = "tok_00000000000000000000000000" },
            try forge(install, mine) { $0.tokenId = theirs.tokenId },
            try forge(install, mine) { $0.sessionId = theirs.sessionId }, try forge(install, mine) { $0.subject = other.id },
            try forge(install, mine) { $0.tokenId = "" },
            try forge(install, mine) { $0.sessionId = String(repeating: "s", count: 1000) },
        ] {
            #expect(await code(install, token) == .tokenRevoked)
            #expect(try install.authority.introspect(token, by: install.admin) == nil)
        }
    }

    @Test("takes no token whose session is another identity's")
    func foreignSession() async throws {
        let install = try Install()
        let (one, other) = try await (install.identity("one"), install.identity("other"))
        let pair = try await install.issue(one)
        try await install.store.write { transaction in
            let row = try transaction.get(Tables.sessionLiveness, pair.sessionId)!
            let moved = SessionRow(
                orgId: row.orgId, identityId: other.id, rootId: row.rootId, epoch: row.epoch, endsAt: row.endsAt, revokedAt: nil)
            try transaction.put(Tables.sessionLiveness, pair.sessionId, moved)
        }
        #expect(await code(install, pair.accessToken.text) == .tokenRevoked)
    }

    @Test("names the administrator of the first organisation, or of the one that is named and exists")
    func administrator() async throws {
        let install = try Install()
        let principal = try install.authority.administrator(uid: 1000, organisation: nil)
        #expect(principal.organisation == install.authority.firstOrganisation)
        #expect(principal.label == "admin-socket:uid=1000")
        #expect(principal.scopes.texts == ["*:*:*:*"])
        #expect(principal.rootId == nil)
        let other = try await install.otherOrganisation().principal.organisation
        #expect(try install.authority.administrator(uid: 0, organisation: other).organisation == other)
        let before = try install.counts()
        for unknown in ["org_00000000000000000000000000", "", "default", String(repeating: "o", count: 600)] {
            #expect(await refusal { try install.authority.administrator(uid: 0, organisation: unknown) }?.code == .organisationNotFound)
        }
        #expect(try install.counts() == before)
    }

    @Test("asks for a scope of the route, and says what was needed and what was held")
    func require() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(["relayauth:api-key:read:*"]))
        #expect(throws: Never.self) { try install.authority.require(Scope("relayauth:api-key:read:*"), of: caller) }
        let error = await refusal { try install.authority.require(Scope("relayauth:api-key:manage:*"), of: caller) }
        #expect(error?.code == .insufficientScope)
        #expect(error?.text("required") == "relayauth:api-key:manage:*")
        #expect(error?.list("actual") == ["relayauth:api-key:read:*"])
    }
}

@Suite("A credential that was revoked between the request and the commit")
struct StaleCallerTests {
    /// Callers whose credential dies after they authenticated, and what they are refused with.
    private func stale(_ install: Install) async throws -> [(caller: Caller, code: AuthorityError.Code)] {
        let revoked = try await install.key(["*"])
        let expired = try await install.key(["*"], expiresIn: 1)
        let (one, other) = try await (install.identity("one", ["*"]), install.identity("other", ["*"]))
        let byToken = try await install.issue(one)
        let bySession = try await install.issue(one)
        let byIdentity = try await install.issue(other)
        let callers = try [
            install.caller(revoked), install.caller(expired), install.caller(byToken), install.caller(bySession),
            install.caller(byIdentity),
        ]
        _ = try await install.authority.revokeAPIKey(revoked.record.id, reason: nil, by: install.admin)
        install.clock.advance(seconds: 1)
        try await install.authority.revoke(.token(byToken.tokenId), by: install.admin)
        try await install.authority.revoke(.session(bySession.sessionId), by: install.admin)
        try await install.change(other, status: .suspended)
        return zip(callers, [.invalidAPIKey, .invalidAPIKey, .tokenRevoked, .tokenRevoked, .tokenRevoked]).map { ($0, $1) }
    }

    @Test("mints, creates, issues and revokes nothing more")
    func writes() async throws {
        let install = try Install()
        let identity = try await install.identity("victim")
        let key = try await install.key(["relayfile:fs:read:*"])
        let pair = try await install.issue(identity)
        let callers = try await stale(install)
        let before = try install.contents()
        for (caller, code) in callers {
            #expect(await refusal { try await install.key(["*"], by: caller) }?.code == code)
            #expect(await refusal { try await install.identity("new", by: caller) }?.code == code)
            #expect(await refusal { try await install.issue(identity, by: caller) }?.code == code)
            #expect(await refusal { try await install.authority.revokeAPIKey(key.record.id, reason: nil, by: caller) }?.code == code)
            #expect(await refusal { try await install.authority.revoke(.token(pair.tokenId), by: caller) }?.code == code)
            #expect(await refusal { try await install.authority.revoke(.session(pair.sessionId), by: caller) }?.code == code)
            #expect(await refusal { try await install.authority.revoke(.identity(identity.id), by: caller) }?.code == code)
        }
        #expect(try install.contents() == before)
    }
}
