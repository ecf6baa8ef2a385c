@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A refresh token that comes again")
struct RefreshReuseTests {
    private let badToken = AuthorityError.Code.invalidRefreshToken

    private func expectDead(_ install: Install, _ pairs: TokenPair..., because count: Int = 1, location: SourceLocation = #_sourceLocation)
        async throws
    {
        for pair in pairs {
            #expect(try !install.isLive(pair), sourceLocation: location)
            #expect(await refusal { try install.caller(pair) }?.code == .tokenRevoked, sourceLocation: location)
            #expect(await refusal { try await install.refresh(pair) }?.code == badToken, sourceLocation: location)
            #expect(try install.authority.isRevoked(tokenId: pair.tokenId), sourceLocation: location)
        }
        let entries = try install.audit(.tokenReuseDetected)
        #expect(entries.count == count, sourceLocation: location)
        #expect(entries.allSatisfy { $0.metadata["sessionId"] == pairs[0].sessionId && $0.result == .denied }, sourceLocation: location)
    }

    @Test("inside the window gets byte for byte the same answer, and no second rotation")
    func retry() async throws {
        let install = try Install()
        let first = try await install.issue(install.identity())
        let second = try await install.refresh(first)
        let before = try install.contents()
        for _ in 0..<3 {
            install.clock.advance(seconds: 3)
            let again = try await install.refresh(first)
            #expect(again.accessToken.equals(second.accessToken) && again.refreshToken.equals(second.refreshToken))
            #expect(
                again.accessTokenExpiresAt == second.accessTokenExpiresAt && again.refreshTokenExpiresAt == second.refreshTokenExpiresAt)
            #expect(again.tokenId == second.tokenId && again.sessionId == second.sessionId)
        }
        #expect(try install.contents() == before)
        #expect(try install.isLive(first) && install.isLive(second))
    }

    @Test("inside the window gets nothing that the identity has lost since; the session goes on for whoever has the successor")
    func narrowedSince() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*", "cloud:run:invoke:*"])
        let first = try await install.issue(identity)
        let second = try await install.refresh(first)
        try await install.give(["relayfile:fs:read:*", "relayauth:token:read:*"], to: identity)
        #expect(await refusal { try await install.refresh(first) }?.code == badToken)
        #expect(try install.audit(.tokenReuseDetected).isEmpty)
        let third = try await install.refresh(second)
        #expect(try install.claims(third).scopes == ["relayfile:fs:read:*"])
        // what is given back is given again, as long as the successor is unused
        #expect(try await install.refresh(second).tokenId == third.tokenId)
    }

    @Test("inside the window gets the same answer after a restart too")
    func retryAfterRestart() async throws {
        let install = try Install()
        let first = try await install.issue(install.identity())
        let second = try await install.refresh(first)
        let again = try await install.restarted()
        #expect(try await again.refresh(first).refreshToken.equals(second.refreshToken))
    }

    @Test("after the window kills the session and is audited, to the millisecond")
    func afterWindow() async throws {
        let install = try Install()
        let first = try await install.issue(install.identity())
        let second = try await install.refresh(first)
        install.clock.advance(milliseconds: 9_999)
        #expect(try await install.refresh(first).tokenId == second.tokenId)
        install.clock.advance(milliseconds: 1)
        #expect(await refusal { try await install.refresh(first) }?.code == badToken)
        try await expectDead(install, first, second)
        let entry = try #require(try install.audit(.tokenReuseDetected).first)
        #expect(entry.ip == "192.0.2.3")
        #expect(entry.metadata["reason"] != nil)
        #expect(entry.identityId != nil)
    }

    @Test("after its successor was used kills the session, inside the window too")
    func successorUsed() async throws {
        let install = try Install()
        let first = try await install.issue(install.identity())
        let second = try await install.refresh(first)
        let third = try await install.refresh(second)
        #expect(await refusal { try await install.refresh(first) }?.code == badToken)
        try await expectDead(install, first, second, third)
    }

    @Test("gets no mercy when the window is 0")
    func noWindow() async throws {
        let install = try Install { $0.refreshRetryWindow = 0 }
        let first = try await install.issue(install.identity())
        let second = try await install.refresh(first)
        #expect(try install.counts()["refresh-answers"] == 0)
        #expect(await refusal { try await install.refresh(first) }?.code == badToken)
        try await expectDead(install, first, second)
    }

    @Test("gets its answer again when the clock went back by less than the window")
    func clockBackALittle() async throws {
        let install = try Install()
        let first = try await install.issue(install.identity())
        let second = try await install.refresh(first)
        install.clock.advance(seconds: -1)
        let again = try await install.refresh(first)
        #expect(again.accessToken.equals(second.accessToken))
        #expect(try install.isLive(second))
    }

    @Test("gets no mercy from a clock that went back by more than the window")
    func clockBack() async throws {
        let install = try Install()
        let first = try await install.issue(install.identity())
        let second = try await install.refresh(first)
        install.clock.advance(seconds: -11)
        #expect(await refusal { try await install.refresh(first) }?.code == badToken)
        try await expectDead(install, first, second)
    }

    @Test("kills its own session alone")
    func otherSessions() async throws {
        let install = try Install { $0.refreshRetryWindow = 0 }
        let identity = try await install.identity()
        let other = try await install.issue(identity)
        let first = try await install.issue(identity)
        _ = try await install.refresh(first)
        #expect(await refusal { try await install.refresh(first) }?.code == badToken)
        #expect(try install.isLive(other))
        #expect(throws: Never.self) { try install.caller(other) }
        #expect(await refusal { try await install.refresh(other) } == nil)
    }

    @Test("is not given the answer when the session or the identity has died since", arguments: [0, 1, 2])
    func checkedAgain(_ way: Int) async throws {
        let install = try Install()
        let identity = try await install.identity()
        let first = try await install.issue(identity)
        _ = try await install.refresh(first)
        switch way {
        case 0: try await install.authority.revoke(.session(first.sessionId), by: install.admin)
        case 1: try await install.authority.revoke(.identity(identity.id), by: install.admin)
        default: try await install.change(identity, status: .suspended)
        }
        #expect(await refusal { try await install.refresh(first) }?.code == badToken)
        #expect(try install.audit(.tokenReuseDetected).isEmpty)
    }

    @Test("64 times at once, with a window: one rotation, one answer")
    func concurrent() async throws {
        let install = try Install { $0.signingThreads = 2 }
        let first = try await install.issue(install.identity())
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    let pair = try await install.refresh(first)
                    return pair.accessToken.text + pair.refreshToken.text
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers.count == 1)
        #expect(try install.audit(.tokenRefreshed).count == 1)
        #expect(try install.audit(.tokenReuseDetected).isEmpty)
        let counts = try install.counts()
        #expect(counts["tokens"] == 2 && counts["refresh-tokens"] == 2)
        #expect(try install.isLive(first))
    }

    @Test("64 times at once, without a window: one answer, the session dead, and the log says why")
    func concurrentWithoutWindow() async throws {
        let install = try Install { settings in
            settings.refreshRetryWindow = 0
            settings.signingThreads = 2
        }
        let first = try await install.issue(install.identity())
        let given = try await withThrowingTaskGroup(of: TokenPair?.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    do { return try await install.refresh(first) } catch let error as AuthorityError
                        where error.code == .invalidRefreshToken
                    { return nil }
                }
            }
            return try await group.reduce(into: [TokenPair]()) { if let pair = $1 { $0.append(pair) } }
        }
        #expect(given.count == 1)
        try await expectDead(install, first, given[0])
        #expect(try install.audit(.tokenRefreshed).count == 1)
    }

    @Test("its kept answer opens with the token alone, and is erased once the window is over")
    func answer() async throws {
        let install = try Install()
        let first = try await install.issue(install.identity())
        let second = try await install.refresh(first)
        let hash = SHA256.hash(first.refreshToken)
        let sealed = try #require(try install.store.read { try $0.get(Tables.refreshAnswers, hash) }).bytes
        for secret in [second.refreshToken, second.accessToken, first.refreshToken] { #expect(!contains(sealed, secret.bytes)) }
        let byToken = try #require(RefreshSecret(presented: first.refreshToken.text)).answerKey()
        #expect(try TokenPair(packed: AESGCM.open(sealed, key: byToken, associatedData: hash)).refreshToken.equals(second.refreshToken))
        // what the store holds opens nothing: the hash itself, a key derived from it, another token's key
        let info = Array("latchkey refresh answer 1".utf8)
        let others = try [
            Secret(copying: hash), HKDFSHA256.derive(from: Secret(copying: hash), salt: [], info: info, count: 32),
            #require(RefreshSecret(presented: second.refreshToken.text)).answerKey(),
        ]
        for key in others { #expect(throws: CryptoError.self) { try AESGCM.open(sealed, key: key, associatedData: hash) } }

        install.clock.advance(milliseconds: 9_999)
        await install.authority.upkeep()
        #expect(try install.counts()["refresh-answers"] == 1)
        install.clock.advance(milliseconds: 1)
        await install.authority.upkeep()
        #expect(try install.counts()["refresh-answers"] == 0)
        #expect(try install.counts()["refresh-tokens"] == 2)
    }

    @Test("long after is refused as reuse while it would have lived, and as unknown after that")
    func longAfter() async throws {
        let install = try Install()
        let first = try await install.issue(install.identity())
        _ = try await install.refresh(first)
        install.clock.advance(seconds: 86_400)
        #expect(await refusal { try await install.refresh(first) }?.code == badToken)
        #expect(try install.audit(.tokenReuseDetected).isEmpty)
    }
}
