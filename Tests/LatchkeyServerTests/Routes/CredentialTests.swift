import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("Credentials")
    struct CredentialTests {
        private static let target = "/v1/identities"
        private static let scope = "relayauth:identity:read:*"

        @Test("An API key is taken from three headers, whatever the case of the scheme")
        func everyWay() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key(Self.scope).secret
                for header in [
                    ("x-api-key", key), ("authorization", "ApiKey \(key)"), ("authorization", "apikey \(key)"),
                    ("authorization", "APIKEY \(key)"),
                    ("authorization", "Bearer \(key)"), ("Authorization", "bearer \(key)"), ("authorization", "BEARER \(key)"),
                    ("X-API-Key", key),
                    ("authorization", "Bearer   \(key)"),
                ] {
                    #expect(try await daemon.send("GET", Self.target, [header]).status == 200, "\(header.0) \(header.1.prefix(8))")
                }
            }
        }

        @Test("An access token is taken as a bearer, whatever the case of the scheme, and from no other header")
        func bearer() async throws {
            try await withDaemon { daemon in
                let token = try await daemon.pair(daemon.identity(Self.scope)).access
                for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
                    #expect(try await daemon.send("GET", Self.target, [("authorization", "\(scheme) \(token)")]).status == 200)
                }
                expectError(try await daemon.send("GET", Self.target, [("authorization", "ApiKey \(token)")]), 401, "invalid_api_key")
                expectError(try await daemon.send("GET", Self.target, [("x-api-key", token)]), 401, "invalid_api_key")
            }
        }

        @Test(
            "A header that can't be used is said to be so",
            arguments: [
                "", " ", "Bearer", "Bearer ", "ApiKey", "ApiKey  ", "Basic YTpi", "Digest x", "Negotiate x", "Bearer\tx", "lk_alone",
                "Bearer,x", "Token x",
            ])
        func unusable(_ value: String) async throws {
            try await withDaemon { daemon in
                expectError(try await daemon.send("GET", Self.target, [("authorization", value)]), 401, "invalid_authorization", value)
                expectError(
                    try await daemon.admin("GET", Self.target, [("authorization", value)]), 401, "invalid_authorization",
                    "on the socket: \(value)")
            }
        }

        @Test("Two Authorization headers are not used, good as each may be")
        func twoHeaders() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key(Self.scope).secret
                let header = ("authorization", "ApiKey \(key)")
                expectError(try await daemon.send("GET", Self.target, [header, header]), 401, "invalid_authorization")
                expectError(
                    try await daemon.send("GET", Self.target, [header, ("authorization", "Bearer x")]), 401, "invalid_authorization")
                expectError(try await daemon.send("GET", Self.target, [("x-api-key", key), ("x-api-key", key)]), 401, "invalid_api_key")
            }
        }

        @Test("When a bearer and an API key come, a valid bearer wins, else the API key decides")
        func both() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let identity = try await daemon.identity(Self.scope, "relayauth:api-key:read:*")
                let able = try await daemon.pair(identity)
                let unable = try await daemon.pair(identity, #""scopes":["relayauth:api-key:read:*"]"#)
                let short = try await daemon.pair(identity, #""expiresIn":1"#)
                let gone = try await daemon.pair(identity)
                let good = ("x-api-key", try await daemon.key(Self.scope).secret)
                let weak = ("x-api-key", try await daemon.key("relayfile:fs:read:*").secret)
                let bad = ("x-api-key", "lk_nonsense")
                func send(_ authorization: (String, String), _ key: (String, String)) async throws -> Reply {
                    try await daemon.send("GET", Self.target, [authorization, key])
                }
                #expect(try await send(able.bearer, bad).status == 200)
                #expect(try await send(able.bearer, weak).status == 200)
                let refused = try await send(unable.bearer, good)
                expectError(refused, 403, "insufficient_scope")
                #expect(refused.json["actual"]?.texts == ["relayauth:api-key:read:*"])

                let nonsense = ("authorization", "Bearer nonsense")
                #expect(try await send(nonsense, good).status == 200)
                expectError(try await send(nonsense, weak), 403, "insufficient_scope")
                expectError(try await send(nonsense, bad), 401, "invalid_api_key")
                _ = try await daemon.admin("POST", "/v1/tokens/revoke", body: #"{"tokenId":"\#(try gone.tokenId)"}"#)
                #expect(try await send(gone.bearer, good).status == 200)
                expectError(try await send(gone.bearer, bad), 401, "invalid_api_key")
                clock.advance(seconds: 120)
                #expect(try await send(short.bearer, good).status == 200)
                #expect(try await send(("authorization", "Basic x"), good).status == 200)

                // An API key may be the bearer, too.
                #expect(try await send(("authorization", "Bearer \(good.1)"), bad).status == 200)
                expectError(try await send(("authorization", "Bearer \(weak.1)"), good), 403, "insufficient_scope")
                #expect(try await send(("authorization", "Bearer \(bad.1)"), good).status == 200)
                expectError(try await send(("authorization", "Bearer \(bad.1)"), bad), 401, "invalid_api_key")
            }
        }

        @Test("An API key that does not count gets one answer, whatever the reason")
        func oneAnswer() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let good = try await daemon.key(Self.scope)
                let revoked = try await daemon.key(Self.scope)
                #expect(try await daemon.admin("POST", "/v1/api-keys/\(revoked.id)/revoke").status == 200)
                let body = #"{"name":"e","scopes":["\#(Self.scope)"],"expiresAt":"\#(clock.now().adding(seconds: 60))"}"#
                let expired = try TestDaemon.key(await daemon.admin("POST", "/v1/api-keys", body: body))
                #expect(try await daemon.call("GET", Self.target, key: expired.secret).status == 200)
                clock.advance(seconds: 60)
                // of the right form, and never made here
                let unknown = try SecretForms.unknownKey()
                var answers: Set<String> = []
                for secret in [
                    revoked.secret, expired.secret, unknown, SecretForms.withOtherChecksum(good.secret), String(good.secret.dropLast()),
                    good.secret + "0", "lk_", "x",
                    good.secret.lowercased(), String(repeating: "y", count: 8000), "lk_\(String(repeating: "é", count: 20))",
                ] {
                    for header in [("x-api-key", secret), ("authorization", "ApiKey \(secret)")] {
                        let reply = try await daemon.send("GET", Self.target, [header, ("x-request-id", "one")])
                        expectError(reply, 401, "invalid_api_key", "\(secret.prefix(12))")
                        answers.insert(reply.text + (reply["www-authenticate"] ?? ""))
                    }
                }
                #expect(answers.count == 1)
                #expect(try await daemon.call("GET", Self.target, key: good.secret).status == 200)
            }
        }

        @Test("A key of any kind that does not count gets that same answer, on every route and by every way to show it")
        func oneAnswerOfEachKind() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let scope = "relayauth:api-key:read:*"
                let bearer = try await daemon.bearer(of: daemon.identity(scope))
                let (revoked, ended) = (try await daemon.ownKey(bearer), try await daemon.ownKey(bearer, #"{"expires_at":1893456060}"#))
                _ = try await daemon.admin("POST", "/v1/api-keys/\(revoked.id)/revoke")
                let suspendedId = try await daemon.identity(scope, name: "suspended")
                let suspended = try await daemon.ownKey(daemon.bearer(of: suspendedId))
                _ = try await daemon.admin("POST", "/v1/identities/\(suspendedId)/suspend", body: #"{"reason":"r"}"#)
                let retiredId = try await daemon.identity(scope, name: "retired")
                let retired = try await daemon.ownKey(daemon.bearer(of: retiredId))
                _ = try await daemon.admin("POST", "/v1/identities/\(retiredId)/retire")
                let token = try await daemon.organisationToken()
                _ = try await daemon.admin("DELETE", "/org/tokens/\(token.id)")
                let (rotated, overlapped) = (try await daemon.key(scope), try await daemon.key(scope))
                _ = try await daemon.admin("POST", "/v1/api-keys/\(rotated.id)/rotate")
                _ = try await daemon.admin("POST", "/v1/api-keys/\(overlapped.id)/rotate", body: #"{"overlapSeconds":60}"#)
                let root = try await daemon.key("relayauth:api-key:*:*")
                let child = try TestDaemon.key(
                    await daemon.call("POST", "/v1/api-keys", key: root.secret, body: #"{"name":"c","scopes":["\#(scope)"]}"#))
                _ = try await daemon.admin("POST", "/v1/api-keys/\(root.id)/revoke", body: #"{"descendants":true}"#)
                clock.advance(seconds: 60)
                let dead = [revoked, ended, suspended, retired, token, rotated, overlapped, root, child].map(\.secret)
                var answers: Set<String> = []
                for secret in dead + [try SecretForms.unknownKey(), SecretForms.withOtherChecksum(token.secret), "lk_", "x"] {
                    for header in [("x-api-key", secret), ("authorization", "ApiKey \(secret)")] {
                        for (method, path) in [
                            ("GET", "/v1/api-keys"), ("POST", "/api/v1/keys"), ("POST", "/org/tokens"), ("PUT", "/v1/authorize"),
                        ] {
                            let reply = try await daemon.send(method, path, [header, ("x-request-id", "one")])
                            expectError(reply, 401, "invalid_api_key", "\(secret.prefix(12))")
                            let headers = reply.headers.filter { $0.name != "date" }.map { "\($0.name): \($0.value)" }
                            answers.insert(headers.joined(separator: "\n") + reply.text)
                        }
                    }
                }
                #expect(answers.count == 1)
            }
        }

        @Test("A challenge names the realm, and an error only when there was a credential")
        func challenges() async throws {
            try await withDaemon { daemon in
                let none = try await daemon.send("GET", Self.target)
                #expect(
                    none["www-authenticate"]?.hasPrefix("Bearer realm=") == true && none["www-authenticate"]?.contains("error") == false)
                let bad = try await daemon.send("GET", Self.target, [("authorization", "Bearer x")])
                #expect(bad["www-authenticate"]?.contains(#"error="invalid_token""#) == true)
            }
        }
    }
}
