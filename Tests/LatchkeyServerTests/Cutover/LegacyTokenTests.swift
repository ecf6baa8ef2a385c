import LatchkeyCrypto
import LatchkeyServer
import LatchkeyAuthority
import Testing

extension ServerTests {
    @Suite("A legacy token")
    struct LegacyTokenTests {
        private static let scope = "relayauth:identity:read:*"

        private static func bearer(_ token: String) -> (String, String) { ("authorization", "Bearer \(token)") }

        /// A daemon in `cutover`, where both kinds verify.
        private static func withBoth(
            clock: ManualClock = ManualClock(), _ body: (TestDaemon, LegacyIssuer) async throws -> Void
        ) async throws {
            try await withDaemon([.issuer: "https://new.test"], clock: clock) { daemon in
                let old = LegacyIssuer(daemon)
                try await daemon.done("/v1/admin/cutover/legacy-secret", old.body())
                try await body(daemon, old)
            }
        }

        @Test("is good with what the old issuer wrote and no more, and bad with anything wrong")
        func claims() async throws {
            try await Self.withBoth { daemon, old in
                let good = old.claims()
                let elsewhere = try await daemon.neighbour.orgId
                func status(_ claims: String) async throws -> Int {
                    let reply = try await daemon.send("GET", "/v1/identities", [Self.bearer(old.token(claims))])
                    if reply.status != 200 { expectError(reply, 401, "invalid_token", claims) }
                    return reply.status
                }
                #expect(try await status(good) == 200)
                #expect(try await status(good.replacing(#"["relayauth"]"#, with: #""relayauth""#)) == 200, "aud may be a text")
                #expect(try await status(good.replacing(#","jti":"old-access-agent_7-1893456000""#, with: "")) == 200, "no jti")
                for (name, bad) in [
                    ("issuer", good.replacing("https://old.test", with: "https://new.test")),
                    ("type", good.replacing(#""access""#, with: #""refresh""#)),
                    ("no type", good.replacing(#""token_type":"access","#, with: "")),
                    ("audience", good.replacing(#"["relayauth"]"#, with: #"["relayfile"]"#)),
                    ("organisation", good.replacing(old.organisation, with: "org_00000000000000000000000000")),
                    ("no organisation", good.replacing(#""org":"\#(old.organisation)","#, with: "")),
                    ("no end", good.replacing(#""exp":1893459600,"#, with: "")),
                    ("an end after the last that there can be", old.claims(life: 3661)),
                    ("no subject", good.replacing(#""sub":"agent_7","#, with: "")),
                    ("an empty subject", good.replacing("agent_7", with: "")),
                ] {
                    try #require(bad != good, "\(name)")
                    #expect(try await status(bad) == 401, "\(name)")
                }
                let stranger = old.token(good.replacing("agent_7", with: try await daemon.neighbour.identity))
                expectError(
                    try await daemon.send("GET", "/v1/identities", [Self.bearer(stranger)]), 401, "token_revoked",
                    "another organisation's identity")
                #expect(try await status(good.replacing(old.organisation, with: elsewhere)) == 200, "any organisation that is here")
            }
        }

        @Test("of another key, another algorithm or another form is refused while both kinds verify")
        func forged() async throws {
            try await Self.withBoth { daemon, old in
                let claims = Array(old.claims().utf8)
                let keys = try #require(try await daemon.send("GET", "/.well-known/jwks.json").json["keys"]?.elements)
                let rsa = try #require(keys.first)
                let kid = try #require(rsa["kid"]?.text)
                var forged: [(String, String)] = []
                for secret in try Forgery.secrets(of: rsa) {
                    for name in [kid, old.kid] {
                        forged.append(
                            (
                                "public key under \(name)",
                                Forgery.hmac(header: old.header.replacing(old.kid, with: name), payload: claims, secret: secret)
                            ))
                    }
                }
                for (name, header) in [
                    ("made-up kid", old.header.replacing(old.kid, with: "staging")), ("no kid", #"{"alg":"HS256","typ":"JWT"}"#),
                    ("HS384", old.header.replacing("HS256", with: "HS384")), ("lower case", old.header.replacing("HS256", with: "hs256")),
                    ("kid of the RSA key", old.header.replacing(old.kid, with: kid)),
                    ("RS256 under the legacy kid", old.header.replacing("HS256", with: "RS256")),
                ] {
                    forged.append((name, old.token(old.claims(), header: header)))
                }
                for none in ["none", "None", ""] {
                    let input = Forgery.input(old.header.replacing("HS256", with: none), claims)
                    forged.append(("alg \(none)", Forgery.token(input, [])))
                    forged.append(
                        (
                            "alg \(none), code kept",
                            Forgery.token(input, HMACSHA256.code(input, key: Secret(copying: Array(old.secret.utf8))))
                        ))
                }
                for header in ["RS256", "RS512", "PS256"] {
                    forged.append((header, try daemon.sign(header: old.header.replacing("HS256", with: header), payload: claims)))
                }
                let input = Forgery.input(old.header, claims)
                forged.append(
                    (
                        "another secret",
                        Forgery.hmac(header: old.header, payload: claims, secret: Array("another secret of the right size".utf8))
                    ))
                forged.append(
                    (
                        "code cut",
                        Forgery.token(input, Array(HMACSHA256.code(input, key: Secret(copying: Array(old.secret.utf8))).prefix(16)))
                    ))
                #expect(try await daemon.send("GET", "/v1/identities", [Self.bearer(old.token(old.claims()))]).status == 200)
                for (name, token) in forged {
                    expectError(try await daemon.send("GET", "/v1/identities", [Self.bearer(token)]), 401, "invalid_token", name)
                }
            }
        }

        @Test("dies with the identity that it speaks for")
        func suspended() async throws {
            try await Self.withBoth { daemon, old in
                let identity = try await daemon.identity(Self.scope)
                let token = old.token(old.claims(subject: identity))
                #expect(try await daemon.send("GET", "/v1/identities", [Self.bearer(token)]).status == 200)
                try await daemon.done("/v1/identities/\(identity)/suspend", #"{"reason":"r"}"#)
                expectError(try await daemon.send("GET", "/v1/identities", [Self.bearer(token)]), 401, "token_revoked")
                try await daemon.done("/v1/identities/\(identity)/reactivate")
            }
        }

        @Test("can be asked about like any other")
        func introspection() async throws {
            try await Self.withBoth { daemon, old in
                let token = old.token(old.claims())
                let claims = try await daemon.admin("POST", "/v1/tokens/introspect", body: #"{"token":"\#(token)"}"#).json
                #expect(claims["sub"]?.text == "agent_7" && claims["iss"]?.text == old.issuer)
                let verdict = try await daemon.admin("POST", "/v1/tokens/validate", body: #"{"token":"\#(token)"}"#).json
                #expect(verdict["valid"]?.flag == true)
                let asked = try await daemon.send(
                    "POST", "/v1/authorize", [Self.bearer(token)], body: #"{"scope":"relayauth:identity:read"}"#)
                #expect(asked.status == 200, "\(asked.text)")
                // The barest that there can be.
                let bare = old.token(
                    #"{"sub":"agent_7","org":"\#(old.organisation)","token_type":"access","iss":"\#(old.issuer)","aud":"relayauth","#
                        + #""exp":1893459600,"wks":null,"iat":null}"#)
                let shown = try await daemon.admin("POST", "/v1/tokens/introspect", body: #"{"token":"\#(bare)"}"#).json
                #expect(shown["sub"]?.text == "agent_7" && shown["scopes"] == nil && shown["aud"]?.text == "relayauth", "\(shown)")
                let check = SchemaCheck(document: try await daemon.admin("GET", "/v1/openapi.json").json)
                for (json, name) in [(claims, "Claims"), (verdict, "TokenVerdict"), (shown, "Claims")] {
                    let schema = try #require(check.resolve("#/components/schemas/\(name)"))
                    #expect(check.faults(json, schema) == [], "\(name)")
                }
            }
        }

        @Test("that refreshes is taken once for a pair of the new kind, with the mercy that every refresh token has")
        func refresh() async throws {
            let clock = ManualClock()
            try await Self.withBoth(clock: clock) { daemon, old in
                let identity = try await daemon.identity(Self.scope, "relayfile:fs:read:*")
                let token = old.token(old.claims(subject: identity, type: "refresh"))
                daemon.ledger.note(token)
                let first = try await daemon.refresh(token)
                let pair = try TestDaemon.pair(first)
                #expect(try pair.header["alg"]?.text == "RS256" && pair.refresh.hasPrefix("lkr_"))
                #expect(try pair.claims["scopes"]?.texts == [Self.scope], "its own scopes, no more")
                #expect(try await daemon.refresh(token).body == first.body, "whoever lost the answer")
                #expect(try await daemon.send("GET", "/v1/identities", [pair.bearer]).status == 200)
                let next = try TestDaemon.pair(await daemon.refresh(pair.refresh))
                expectError(try await daemon.refresh(token), 401, "invalid_refresh_token")
                expectError(try await daemon.send("GET", "/v1/identities", [next.bearer]), 401, "token_revoked", "reuse ends the session")
                #expect(try daemon.audit(.tokenReuseDetected).count == 1)
                // What is no refresh token, or nobody's.
                for bad in [
                    old.token(old.claims(subject: identity)), old.token(old.claims(subject: "agent_7", type: "refresh")),
                    old.token(old.claims(subject: try await daemon.neighbour.identity, type: "refresh")),
                    old.token(old.claims(subject: identity, type: "refresh", life: -61)),
                ] {
                    expectError(try await daemon.refresh(bad), 401, "invalid_refresh_token")
                }
                for phase in ["sunset"] {
                    #expect(try await daemon.done("/v1/admin/cutover/advance", #"{"override":"a test"}"#)["to"]?.text == phase)
                    let late = old.token(old.claims(subject: identity, type: "refresh", life: 3000))
                    expectError(try await daemon.refresh(late), 401, "invalid_refresh_token")
                }
            }
        }
    }
}
