@testable import LatchkeyAuthority
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("A refresh token")
    struct RefreshTests {
        private static let scope = "relayauth:identity:read:*"

        /// The answers to one refresh token that comes on many connections at once.
        private func refreshAtOnce(_ token: String, times: Int, _ daemon: TestDaemon) async throws -> [Reply] {
            var wires: [Wire] = []
            for _ in 0..<times { wires.append(try await Wire.open(daemon.tcp)) }
            let request = TestDaemon.request("POST", "/v1/tokens/refresh", body: #"{"refreshToken":"\#(token)"}"#)
            return try await withThrowingTaskGroup(of: Reply.self) { group in
                for wire in wires {
                    group.addTask {
                        try await wire.send(request)
                        let reply = try await wire.reply()
                        await wire.close()
                        return reply
                    }
                }
                var replies: [Reply] = []
                for try await reply in group {
                    daemon.ledger.note(reply)
                    replies.append(reply)
                }
                return replies
            }
        }

        @Test("that comes 64 times at once is used once, and gets one answer, byte for byte")
        func concurrent() async throws {
            try await withDaemon { daemon in
                let issued = try await daemon.pair(daemon.identity(Self.scope))
                let replies = try await refreshAtOnce(issued.refresh, times: 64, daemon)
                #expect(replies.allSatisfy { $0.status == 200 })
                #expect(Set(replies.map(\.body)).count == 1)
                #expect(try daemon.audit(.tokenRefreshed).count == 1)
                #expect(try daemon.audit(.tokenReuseDetected).isEmpty)
                let renewed = try TestDaemon.pair(replies[0])
                #expect(renewed.refresh != issued.refresh)
                #expect(try await daemon.send("GET", "/v1/identities", [renewed.bearer]).status == 200)
                #expect(try await daemon.refresh(renewed.refresh).status == 200)
            }
        }

        @Test("that comes 64 times at once without a retry window is used once, and its session dies")
        func concurrentWithoutWindow() async throws {
            try await withDaemon([.refreshRetryWindow: "0"]) { daemon in
                let issued = try await daemon.pair(daemon.identity(Self.scope))
                let replies = try await refreshAtOnce(issued.refresh, times: 64, daemon)
                let good = replies.filter { $0.status == 200 }
                #expect(good.count == 1)
                for reply in replies where reply.status != 200 { expectError(reply, 401, "invalid_refresh_token") }
                let renewed = try TestDaemon.pair(try #require(good.first))
                for pair in [issued, renewed] {
                    expectError(try await daemon.send("GET", "/v1/identities", [pair.bearer]), 401, "token_revoked")
                    expectError(try await daemon.refresh(pair.refresh), 401, "invalid_refresh_token")
                }
                let entries = try daemon.audit(.tokenReuseDetected)
                #expect(entries.count == 1)
                #expect(entries.first?.metadata["sessionId"] == (try issued.sessionId))
                #expect(entries.first?.result == .denied && entries.first?.ip == "127.0.0.1")
            }
        }

        @Test("gets its answer again inside the window, and kills the session after it")
        func window() async throws {
            let clock = ManualClock()
            try await withDaemon([.refreshRetryWindow: "10"], clock: clock) { daemon in
                let issued = try await daemon.pair(daemon.identity(Self.scope))
                let first = try await daemon.refresh(issued.refresh)
                clock.advance(seconds: 9)
                let second = try await daemon.refresh(issued.refresh)
                #expect(second.body == first.body && second.status == 200)
                let renewed = try TestDaemon.pair(first)
                #expect(try await daemon.send("GET", "/v1/identities", [renewed.bearer]).status == 200)
                clock.advance(seconds: 1)
                expectError(try await daemon.refresh(issued.refresh), 401, "invalid_refresh_token")
                expectError(try await daemon.send("GET", "/v1/identities", [renewed.bearer]), 401, "token_revoked")
                expectError(try await daemon.refresh(renewed.refresh), 401, "invalid_refresh_token")
                #expect(try daemon.audit(.tokenReuseDetected).count == 1)
            }
        }

        @Test("kills the session when it comes again after its successor was used")
        func afterSuccessor() async throws {
            try await withDaemon { daemon in
                let issued = try await daemon.pair(daemon.identity(Self.scope))
                let second = try TestDaemon.pair(await daemon.refresh(issued.refresh))
                let third = try TestDaemon.pair(await daemon.refresh(second.refresh))
                expectError(try await daemon.refresh(issued.refresh), 401, "invalid_refresh_token")
                expectError(try await daemon.send("GET", "/v1/identities", [third.bearer]), 401, "token_revoked")
                #expect(try daemon.audit(.tokenReuseDetected).count == 1)
            }
        }

        @Test("that is none, or whose time is over, gets one answer and costs no write")
        func unknown() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let issued = try await daemon.pair(daemon.identity(Self.scope))
                let count = try await daemon.admin("GET", "/v1/admin/status").json["counts"]
                clock.advance(seconds: 86_400)
                var messages: Set<String> = []
                for token in [
                    issued.refresh, issued.access, "", "lkr_", "x", try SecretForms.unknownKey(prefix: "lkr_"),
                    SecretForms.withOtherChecksum(issued.refresh),
                ] {
                    let reply = try await daemon.refresh(token)
                    expectError(reply, 401, "invalid_refresh_token", token)
                    messages.insert(reply.json["message"]?.text ?? "")
                }
                #expect(messages.count == 1)
                let after = try await daemon.admin("GET", "/v1/admin/status").json["counts"]
                #expect(after?["auditEntries"] == count?["auditEntries"])
            }
        }

        @Test("Issued pairs say what the contract says")
        func issue() async throws {
            try await withDaemon([.issuer: "https://keys.test"]) { daemon in
                let identity = try await daemon.identity("relayfile:fs:read:/docs/*", "relaycast:x:read:*")
                let reply = try await daemon.admin("POST", "/v1/tokens", body: #"{"identityId":"\#(identity)"}"#)
                #expect(reply.json.names == ["accessToken", "refreshToken", "accessTokenExpiresAt", "refreshTokenExpiresAt", "tokenType"])
                #expect(reply.json["accessTokenExpiresAt"]?.text == "2030-01-01T01:00:00.000Z")
                #expect(reply.json["refreshTokenExpiresAt"]?.text == "2030-01-02T00:00:00.000Z")
                #expect(reply["cache-control"] == "no-store")
                let pair = try TestDaemon.pair(reply)
                #expect(pair.refresh.hasPrefix("lkr_"))
                #expect(
                    try pair.header.names == ["alg", "typ", "kid"] && pair.header["alg"]?.text == "RS256"
                        && pair.header["typ"]?.text == "JWT")
                let claims = try pair.claims
                #expect(
                    claims.names == [
                        "sub", "org", "wks", "scopes", "sponsorId", "sponsorChain", "token_type", "iss", "aud", "exp", "iat", "jti", "sid",
                    ])
                #expect(claims["iss"]?.text == "https://keys.test" && claims["sub"]?.text == identity)
                #expect(Set(claims["aud"]?.texts ?? []) == ["relayfile", "relaycast"])
                #expect(claims["exp"]?.number == 1_893_459_600 && claims["iat"]?.number == 1_893_456_000)
                let introspected = try await daemon.admin("GET", "/v1/tokens/introspect?token=\(pair.access)")
                #expect(introspected.json == claims)
            }
        }
    }
}
