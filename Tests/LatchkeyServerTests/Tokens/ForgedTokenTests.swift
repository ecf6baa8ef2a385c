import FoundationEssentials
import HTTPTypes
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("A token that is not good")
    struct ForgedTokenTests {
        private static let scope = "relayauth:identity:read:*"

        /// Tokens with what is wrong with them. All but the last word of each was got right.
        private func forgeries(_ daemon: TestDaemon, _ pair: TestDaemon.Pair, identity: String) async throws -> [(String, String)] {
            let parts = pair.access.split(separator: ".").map(String.init)
            let payload = try #require(Base64URL.decode(parts[1]))
            let claims = String(decoding: payload, as: UTF8.self)
            let keys = try #require(try await daemon.send("GET", "/.well-known/jwks.json").json["keys"]?.elements)
            let kid = try #require(try pair.header["kid"]?.text)
            let active = try #require(keys.first { $0["kid"]?.text == kid })
            let standby = try #require(keys.first { $0["kid"]?.text != kid }?["kid"]?.text)
            let header = #"{"alg":"RS256","typ":"JWT","kid":"\#(kid)"}"#
            #expect(try daemon.sign(header: header, payload: payload) == pair.access, "the forge works")
            func signed(_ claims: String) throws -> String { try daemon.sign(header: header, payload: Array(claims.utf8)) }
            func changed(_ from: String, _ to: String) throws -> String {
                try #require(claims.contains(from), "\(from)")
                return claims.replacing(from, with: to)
            }

            var all: [(String, String)] = []
            for none in ["none", "None", "NONE", "nOnE", ""] {
                for header in [#"{"alg":"\#(none)","typ":"JWT","kid":"\#(kid)"}"#, #"{"alg":"\#(none)","typ":"JWT"}"#] {
                    all.append(("alg \(none)", Forgery.token(Forgery.input(header, payload), [])))
                    all.append(("alg \(none), signature kept", Forgery.token(Forgery.input(header, payload), Base64URL.decode(parts[2])!)))
                }
            }
            for (index, secret) in try Forgery.secrets(of: active).enumerated() {
                all.append(
                    (
                        "HS256 \(index)",
                        Forgery.hmac(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(kid)"}"#, payload: payload, secret: secret)
                    ))
                all.append(
                    ("HS256 \(index), no kid", Forgery.hmac(header: #"{"alg":"HS256","typ":"JWT"}"#, payload: payload, secret: secret)))
                all.append(("HMAC \(index) said to be RS256", Forgery.hmac(header: header, payload: payload, secret: secret)))
            }
            let stranger = try RSAPrivateKey.generate(bits: 2048)
            let input = Forgery.input(header, payload)
            all.append(("another's signature", Forgery.token(input, try stranger.sign(input))))
            let own = #"{"alg":"RS256","typ":"JWT","kid":"\#(stranger.publicKey.thumbprint)"}"#
            all.append(("unknown kid", Forgery.token(Forgery.input(own, payload), try stranger.sign(Forgery.input(own, payload)))))
            let carried =
                #"{"alg":"RS256","typ":"JWT","kid":"\#(kid)","jwk":{"kty":"RSA","e":"AQAB","n":"\#(Base64URL.encode(stranger.publicKey.modulus))"}}"#
            all.append(
                ("key in the header", Forgery.token(Forgery.input(carried, payload), try stranger.sign(Forgery.input(carried, payload)))))
            for (name, header) in [
                ("swapped kid", #"{"alg":"RS256","typ":"JWT","kid":"\#(standby)"}"#), ("no kid", #"{"alg":"RS256","typ":"JWT"}"#),
                ("empty kid", #"{"alg":"RS256","typ":"JWT","kid":""}"#),
                ("kid of another type", #"{"alg":"RS256","typ":"JWT","kid":["\#(kid)"]}"#),
                ("two kids", #"{"alg":"RS256","typ":"JWT","kid":"\#(kid)","kid":"\#(standby)"}"#),
                ("RS512", #"{"alg":"RS512","typ":"JWT","kid":"\#(kid)"}"#),
                ("PS256", #"{"alg":"PS256","typ":"JWT","kid":"\#(kid)"}"#),
                ("crit", #"{"alg":"RS256","typ":"JWT","kid":"\#(kid)","crit":["x"],"x":1}"#),
                ("typ", #"{"alg":"RS256","typ":"at+jwt","kid":"\#(kid)"}"#), ("no alg", #"{"typ":"JWT","kid":"\#(kid)"}"#),
                ("header is no object", "[]"),
            ] {
                all.append((name, try daemon.sign(header: header, payload: payload)))
            }
            all.append(
                (
                    "changed payload",
                    [parts[0], Base64URL.encode(Array(try changed(Self.scope, "*:*:*:*").utf8)), parts[2]].joined(separator: ".")
                ))
            all.append(("no signature", "\(parts[0]).\(parts[1])."))
            all.append(("two parts", "\(parts[0]).\(parts[1])"))
            all.append(("four parts", pair.access + ".x"))
            all.append(("padded", pair.access + "=="))
            all.append(("cut", String(pair.access.dropLast(8))))
            all.append(("refresh token", pair.refresh))
            all.append(("another issuer", try signed(try changed(daemon.running.url, "http://127.0.0.1:1"))))
            all.append(("an issuer that begins likewise", try signed(try changed(daemon.running.url, daemon.running.url + "/"))))
            all.append(("another audience", try await daemon.pair(identity, #""audience":["relayfile"]"#).access))
            all.append(("no audience", try signed(try changed(#""aud":["relayauth"]"#, #""aud":[]"#))))
            all.append(("token type", try signed(try changed(#""token_type":"access""#, #""token_type":"refresh""#))))
            all.append(("no token type", try signed(try changed(#""token_type":"access","#, ""))))
            all.append(("no jti", try signed(try changed(#""jti":"#, #""xti":"#))))
            all.append(("no exp", try signed(try changed(#""exp":"#, #""xexp":"#))))
            all.append(("exp as text", try signed(try changed(#""exp":1893459600"#, #""exp":"1893459600""#))))
            all.append(("exp of no era", try signed(try changed(#""exp":1893459600"#, #""exp":1e300"#))))
            all.append(("issued in the future", try signed(try changed(#""iat":1893456000"#, #""iat":1893459000"#))))
            all.append(("not yet valid", try signed(try changed(#""iat":"#, #""nbf":1893459000,"iat":"#))))
            all.append(
                ("another's, expired", try signed(try changed(daemon.running.url, "http://a").replacing("1893459600", with: "1893450000"))))
            all.append(("no claims", try signed("{}")))
            all.append(("no object", try signed("[]")))
            all.append(("no JSON", try signed("x")))
            for garbage in [
                "x", "a.b.c", "..", ".", "...", "a b c", "%", "ey", String(repeating: "A", count: 12_000),
                String(repeating: "a.", count: 3000),
            ] {
                all.append(("garbage \(garbage.prefix(8))", garbage))
            }
            return all
        }

        @Test("is 401 with one message, whatever is wrong with it, and null to introspection")
        func oneMessage() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity(Self.scope)
                let pair = try await daemon.pair(identity)
                #expect(try await daemon.send("GET", "/v1/identities", [pair.bearer]).status == 200)
                let reader = try await daemon.key("relayauth:token:read:*").secret
                var messages: Set<String> = []
                for (name, token) in try await forgeries(daemon, pair, identity: identity) {
                    let reply = try await daemon.send("GET", "/v1/identities", [("authorization", "Bearer \(token)")])
                    expectError(reply, 401, "invalid_token", name)
                    messages.insert("\(reply.json["message"]?.text ?? "") \(reply["www-authenticate"] ?? "")")
                    guard name != "another audience", name != "no audience" else { continue }
                    let body = #"{"token":"\#(token)"}"#
                    let claims = try await daemon.call("POST", "/v1/tokens/introspect", key: reader, body: body)
                    #expect(claims.status == 200 && claims.text == "null", "\(name) \(claims.text)")
                }
                #expect(messages.count == 1, "\(messages)")
            }
        }

        @Test("may be long: in a header up to its limit, in a body up to that one's")
        func long() async throws {
            try await withDaemon { daemon in
                let token = String(repeating: "A", count: 20_000)
                let wire = try await Wire.open(daemon.tcp)
                try await wire.send(TestDaemon.request("GET", "/v1/identities", [("authorization", "Bearer \(token)")]))
                #expect(try await wire.reply().status == 431)
                await wire.close()
                let reply = try await daemon.admin("POST", "/v1/tokens/introspect", body: #"{"token":"\#(token)"}"#)
                #expect(reply.status == 200 && reply.text == "null")
                expectError(
                    try await daemon.send("POST", "/v1/tokens/refresh", body: #"{"refreshToken":"\#(token)"}"#), 401,
                    "invalid_refresh_token")
            }
        }

        @Test("because its time is over is said to have expired, with the skew that is allowed")
        func expired() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let pair = try await daemon.pair(daemon.identity(Self.scope), #""expiresIn":100"#)
                clock.advance(seconds: 159)
                #expect(try await daemon.send("GET", "/v1/identities", [pair.bearer]).status == 200)
                clock.advance(seconds: 1)
                expectError(try await daemon.send("GET", "/v1/identities", [pair.bearer]), 401, "token_expired")
                #expect(try await daemon.send("GET", "/v1/revocations?jti=\(try pair.tokenId)").json["revoked"]?.flag == true)
            }
        }

        @Test("because it was revoked is refused on every protected route, reads and writes alike")
        func revoked() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("*")
                for target in ["tokenId", "sessionId", "identityId"] {
                    let pair = try await daemon.pair(identity, #""audience":["relayauth"]"#)
                    #expect(try await daemon.send("GET", "/v1/api-keys", [pair.bearer]).status == 200)
                    #expect(try await daemon.send("GET", "/v1/revocations?jti=\(try pair.tokenId)").json["revoked"]?.flag == false)
                    let id = target == "tokenId" ? try pair.tokenId : target == "sessionId" ? try pair.sessionId : identity
                    let reply = try await daemon.admin("POST", "/v1/tokens/revoke", body: #"{"\#(target)":"\#(id)"}"#)
                    #expect(reply.status == 204 && reply.body.isEmpty)
                    let before = try await daemon.admin("GET", "/v1/admin/status").json["counts"]
                    for route in RouteMatrixTests.routes where !route.isSocketOnly && !route.access.isOpen {
                        let body = route.method.rawValue == "POST" ? #"{"name":"z","scopes":["relayfile:fs:read:*"],"sponsorId":"a"}"# : nil
                        let refused = try await daemon.send(
                            route.method.rawValue, RouteMatrixTests.target(route.path), [pair.bearer], body: body)
                        expectError(refused, 401, "token_revoked", "\(target) \(route.path)")
                    }
                    expectError(try await daemon.send("GET", "/v1/admin/status", [pair.bearer], to: daemon.socket), 401, "token_revoked")
                    #expect(try await daemon.admin("GET", "/v1/admin/status").json["counts"] == before)
                    #expect(try await daemon.send("GET", "/v1/revocations?jti=\(try pair.tokenId)").json["revoked"]?.flag == true)
                    #expect(try await daemon.admin("POST", "/v1/tokens/introspect", body: #"{"token":"\#(pair.access)"}"#).text == "null")
                    let refreshed = try await daemon.refresh(pair.refresh)
                    if target == "tokenId" {
                        #expect(refreshed.status == 200)
                    } else {
                        expectError(refreshed, 401, "invalid_refresh_token")
                    }
                }
            }
        }

        @Test("to revoke is 404 when nothing is found, and found again as it was")
        func revocationAnswers() async throws {
            try await withDaemon { daemon in
                let pair = try await daemon.pair(daemon.identity())
                for body in [
                    #"{"tokenId":"tok_00000000000000000000000000"}"#, #"{"sessionId":"sess_00000000000000000000000000"}"#,
                    #"{"identityId":"agent_00000000000000000000000000"}"#, #"{"tokenId":""}"#, #"{"tokenId":"\#(try pair.sessionId)"}"#,
                ] {
                    expectError(try await daemon.admin("POST", "/v1/tokens/revoke", body: body), 404, "token_not_found", body)
                }
                for _ in 0..<2 {
                    #expect(try await daemon.admin("POST", "/v1/tokens/revoke", body: #"{"tokenId":"\#(try pair.tokenId)"}"#).status == 204)
                }
                #expect(try daemon.audit(.tokenRevoked).count == 1)
            }
        }
    }
}
