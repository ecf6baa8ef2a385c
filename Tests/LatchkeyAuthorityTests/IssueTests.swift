@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Issuing a token")
struct IssueTests {
    @Test("gives claims, header and lives as the contract says")
    func pair() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:/docs/*", "relaycast:message:send"])
        let pair = try await install.issue(identity)
        let jws = try CompactJWS(parsing: pair.accessToken.text)
        #expect(jws.header.alg == "RS256" && jws.header.typ == "JWT")
        #expect(jws.header.kid == install.authority.keys.ring.active?.kid)
        let claims = try install.claims(pair)
        #expect(claims.subject == identity.id)
        #expect(claims.organisation == identity.orgId)
        #expect(claims.workspace == identity.workspaceId)
        #expect(claims.scopes == ["relayfile:fs:read:/docs/*", "relaycast:message:send:*"])
        #expect(claims.audience == ["relayfile", "relaycast"])
        #expect(claims.sponsorId == "user_1")
        #expect(claims.sponsorChain == ["user_1", identity.id])
        #expect(claims.tokenType == "access")
        #expect(claims.issuer == "https://keys.example")
        #expect(claims.issuedAt == ManualClock.start.seconds)
        #expect(claims.expiresAt == ManualClock.start.seconds + 3600)
        #expect(claims.tokenId == pair.tokenId && claims.sessionId == pair.sessionId)
        #expect(pair.accessTokenExpiresAt == ManualClock.start.adding(seconds: 3600))
        #expect(pair.refreshTokenExpiresAt == ManualClock.start.adding(seconds: 86_400))
        #expect(pair.refreshToken.text.hasPrefix("lkr_"))
        #expect(pair.refreshToken.count == 53)
    }

    @Test("without scopes gives those of the identity that the caller covers", arguments: [nil, []] as [[String]?])
    func defaultScopes(_ scopes: [String]?) async throws {
        let install = try Install()
        let identity = try await install.identity(
            "worker", ["relayfile:fs:read:/docs/*", "relayfile:fs:write:/docs/*", "relaycast:message:send:*"])
        let caller = try await install.caller(install.key(["relayauth:token:create:*", "relayfile:fs:read:*", "relaycast:*:*:*"]))
        let pair = try await install.issue(identity, { $0.scopes = scopes }, by: caller)
        #expect(try install.claims(pair).scopes == ["relayfile:fs:read:/docs/*", "relaycast:message:send:*"])
    }

    @Test("for an identity with scopes of which the caller covers none is an escalation")
    func coversNone() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*"])
        let caller = try await install.caller(install.key(["relayauth:token:create:*"]))
        let before = try install.counts()
        let error = await refusal { try await install.issue(identity, by: caller) }
        #expect(error?.code == .scopeEscalation)
        #expect(error?.text("required") == "relayfile:fs:read:*")
        #expect(error?.list("actual") == ["relayauth:token:create:*"])
        #expect(try install.counts() == before)
    }

    @Test("for an identity without scopes gives a token without scopes, for this API")
    func noScopes() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", [])
        let caller = try await install.caller(install.key(["relayauth:token:create:*"]))
        let claims = try install.claims(try await install.issue(identity, by: caller))
        #expect(claims.scopes.isEmpty)
        #expect(claims.audience == ["relayauth"])
    }

    @Test("asks the identity first and then the caller, and says what was needed and what was held")
    func subsets() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*", "relayfile:fs:write:*"])
        let caller = try await install.caller(install.key(["relayauth:token:create:*", "relayfile:fs:read:*"]))
        let beyondBoth = await refusal {
            try await install.issue(identity, { $0.scopes = ["relayfile:fs:read:/a", "relaycast:message:send:*"] }, by: caller)
        }
        #expect(beyondBoth?.code == .insufficientScope)
        #expect(beyondBoth?.text("required") == "relaycast:message:send:*")
        #expect(beyondBoth?.list("actual") == ["relayfile:fs:read:*", "relayfile:fs:write:*"])
        let beyondIdentity = await refusal { try await install.issue(identity, { $0.scopes = ["relayauth:token:create:*"] }, by: caller) }
        #expect(beyondIdentity?.code == .insufficientScope)
        let beyondCaller = await refusal {
            try await install.issue(identity, { $0.scopes = ["relayfile:fs:read:/a", "relayfile:fs:write:/a"] }, by: caller)
        }
        #expect(beyondCaller?.code == .scopeEscalation)
        #expect(beyondCaller?.text("required") == "relayfile:fs:write:/a")
        #expect(beyondCaller?.list("actual") == ["relayauth:token:create:*", "relayfile:fs:read:*"])
        let pair = try await install.issue(identity, { $0.scopes = ["relayfile:fs:read:/a", "relayfile:fs:read:/a"] }, by: caller)
        #expect(try install.claims(pair).scopes == ["relayfile:fs:read:/a"])
    }

    @Test("with scopes that are none is refused before the identity is looked for")
    func badScopes() async throws {
        let install = try Install()
        let missing = TokenRequest(identityId: "agent_00000000000000000000000000", scopes: ["nonsense"])
        #expect(await refusal { try await install.authority.issueToken(missing, by: install.admin) }?.code == .invalidScope)
    }

    @Test(
        "is for the planes of its scopes, a star for all that are configured",
        arguments: [
            (["relayfile:fs:read:*", "relayauth:token:create:*", "relayfile:fs:write:*"], ["relayfile", "relayauth"]),
            (["*:fs:read:*"], ["relayauth", "relayfile", "relaycast", "cloud", "billing"]), (["billing:invoice:read:*"], ["billing"]),
            (["cloud:vm:run:*", "*:*:*:*"], ["relayauth", "relayfile", "relaycast", "cloud", "billing"]),
        ])
    func audience(_ scopes: [String], _ audience: [String]) async throws {
        let install = try Install { $0.planes = try! Planes(additional: ["billing"]) }
        let pair = try await install.issue(install.identity("worker", scopes))
        #expect(try install.claims(pair).audience == audience)
    }

    @Test(
        "is for whoever the caller says, in 1 to 10 strings of visible ASCII",
        arguments: [
            (["https://api.example/v1"], true), ([String](repeating: "x", count: 10), true), ([String(repeating: "x", count: 256)], true),
            ([], false),
            ([String](repeating: "x", count: 11), false), ([""], false), ([String(repeating: "x", count: 257)], false), (["a b"], false),
            (["é"], false),
            (["a", "b\n"], false),
        ])
    func namedAudience(_ audience: [String], _ isGood: Bool) async throws {
        let install = try Install()
        let identity = try await install.identity()
        guard isGood else {
            let error = await refusal { try await install.issue(identity, { $0.audience = audience }) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.text("field") == "audience")
            return
        }
        let pair = try await install.issue(identity) { $0.audience = audience }
        #expect(try install.claims(pair).audience == audience)
    }

    @Test("an audience gives no right: this API takes only what is for it")
    func foreignAudience() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayauth:*:*:*"])
        let pair = try await install.issue(identity) { $0.audience = ["relayfile"] }
        #expect(await refusal { try install.caller(pair) }?.code == .invalidToken)
        #expect(throws: Never.self) {
            try install.authority.authenticate(token: pair.accessToken.text, audiences: ["relayauth", "relayfile"])
        }
        #expect(try install.isLive(pair))
    }

    @Test(
        "lives as long as is asked for, and no longer than the greatest life",
        arguments: [
            (nil, 3600), (1, 1), (600, 600), (86_400, 86_400), (86_401, 86_400), (1e15, 86_400), (1e300, 86_400),
        ] as [(Double?, Int64)])
    func life(_ asked: Double?, _ seconds: Int64) async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity()) { $0.expiresIn = asked }
        #expect(pair.accessTokenExpiresAt == ManualClock.start.adding(seconds: seconds))
        #expect(try install.claims(pair).expiresAt == ManualClock.start.seconds + seconds)
    }

    @Test(
        "refuses a life that is no whole number of at least one second",
        arguments: [
            0, -0.0, 0.5, 0.999, 1.5, -1, -5, -1e15, .nan, .infinity, -.infinity, 86_399.5,
        ])
    func badLife(_ asked: Double) async throws {
        let install = try Install()
        let identity = try await install.identity()
        let error = await refusal { try await install.issue(identity) { $0.expiresIn = asked } }
        #expect(error?.code == .invalidRequest)
        #expect(error?.text("field") == "expiresIn")
    }

    @Test("keeps to the lives that the settings say")
    func settings() async throws {
        let install = try Install { settings in
            settings.accessTokenTTL = 7200
            settings.maxAccessTokenTTL = 600
            settings.refreshTokenTTL = 1200
        }
        let pair = try await install.issue(install.identity())
        #expect(pair.accessTokenExpiresAt == ManualClock.start.adding(seconds: 600))
        #expect(pair.refreshTokenExpiresAt == ManualClock.start.adding(seconds: 1200))
    }

    @Test(
        "refuses an identity that is suspended or retired, before its scopes are looked at",
        arguments: [
            (IdentityRecord.Status.suspended, AuthorityError.Code.identitySuspended), (.retired, .identityRetired),
        ])
    func status(_ status: IdentityRecord.Status, _ code: AuthorityError.Code) async throws {
        let install = try Install()
        let identity = try await install.identity()
        try await install.change(identity, status: status)
        let before = try install.counts()
        let error = await refusal { try await install.issue(identity) { $0.scopes = ["cloud:vm:run:*"] } }
        #expect(error?.code == code)
        #expect(error?.text("identityId") == identity.id)
        #expect(try install.counts() == before)
    }

    @Test(
        "kills the live tokens of an identity that is suspended or retired, and its session",
        arguments: [IdentityRecord.Status.suspended, .retired])
    func dead(_ status: IdentityRecord.Status) async throws {
        let install = try Install()
        let identity = try await install.identity()
        let pair = try await install.issue(identity)
        try await install.change(identity, status: status)
        #expect(await refusal { try install.caller(pair) }?.code == .tokenRevoked)
        #expect(try !install.isLive(pair))
        #expect(try install.authority.isRevoked(tokenId: pair.tokenId))
        #expect(await refusal { try await install.refresh(pair) }?.code == .invalidRefreshToken)
    }

    @Test("remembers the tokens and the session, and neither token itself")
    func rows() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let identity = try await install.identity()
        let pair = try await install.issue(identity, by: install.caller(key))
        let session = try #require(try install.store.read { try $0.get(Tables.sessions, pair.sessionId) })
        #expect(session.startedBy == "api-key:\(key.record.prefix)")
        #expect(session.makerId == key.record.id)
        #expect(session.endsAt == ManualClock.start.adding(seconds: 30 * 86_400))
        let row = try #require(try install.store.read { try $0.get(Tables.sessionLiveness, pair.sessionId) })
        #expect(row.rootId == key.record.rootId)
        let counts = try install.counts()
        #expect(counts["tokens"] == 1 && counts["tokens-by-identity"] == 1 && counts["refresh-tokens"] == 1 && counts["expiries"] == 3)
    }

    @Test("works for many at once")
    func concurrent() async throws {
        let install = try Install { $0.signingThreads = 2 }
        let identity = try await install.identity()
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<64 { group.addTask { try await install.issue(identity).tokenId } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 64)
        #expect(try install.audit(.tokenIssued).count == 64)
    }
}
