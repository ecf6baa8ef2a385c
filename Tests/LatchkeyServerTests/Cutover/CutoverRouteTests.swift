import LatchkeyAuthority
import LatchkeyServer
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("The cutover routes")
    struct CutoverRouteTests {
        private static let scope = "relayauth:identity:read:*"
        private static let settings: [Setting: String] = [
            .issuer: "https://new.test", .jwksMaxAge: "5m", .cutoverSoak: "10m", .cutoverHold: "1h", .accessTokenTTL: "10m",
        ]

        /// A daemon that has never signed a token.
        private static func withFresh(
            _ more: [Setting: String] = [:], clock: ManualClock = ManualClock(), _ body: (TestDaemon, LegacyIssuer) async throws -> Void
        ) async throws {
            let scratch = try Scratch.withEmptyState()
            try await withDaemon(settings.merging(more) { $1 }, scratch: scratch, clock: clock) { daemon in
                try await body(daemon, LegacyIssuer(daemon))
            }
        }

        private static func cutover(_ daemon: TestDaemon) async throws -> JSON {
            let reply = try await daemon.admin("GET", "/v1/admin/cutover")
            try #require(reply.status == 200, "\(reply.text)")
            return reply.json
        }

        private static func step(_ daemon: TestDaemon, _ way: String, _ body: String = "{}") async throws -> Reply {
            try await daemon.admin("POST", "/v1/admin/cutover/\(way)", body: body)
        }

        private static func bearer(_ token: String) -> (String, String) { ("authorization", "Bearer \(token)") }

        /// A refusal that names these gates and no others, a sentence each.
        private static func expectRefused(_ reply: Reply, _ gates: Int, _ location: SourceLocation = #_sourceLocation) {
            expectError(reply, 409, "cutover_gate_refused", location: location)
            #expect(reply.json["gates"]?.texts?.count == gates, "\(reply.text)", sourceLocation: location)
        }

        @Test("know of none until a secret was brought")
        func none() async throws {
            try await withDaemon { daemon in
                #expect(try await Self.cutover(daemon) == .object(["phase": .string("none")]))
                for way in ["advance", "rollback", "purge"] {
                    expectError(try await Self.step(daemon, way), 409, "cutover_gate_refused", way)
                }
                #expect(try await daemon.admin("GET", "/v1/admin/status").json["cutover"] == nil)
            }
        }

        @Test("walk from HS256 to RS256: each step waits for what it is to wait for, and says so")
        func walk() async throws {
            let clock = ManualClock()
            try await Self.withFresh(clock: clock) { daemon, old in
                let identity = try await daemon.identity(Self.scope)
                let begun = try await daemon.admin("POST", "/v1/admin/cutover/legacy-secret", body: old.body())
                #expect(begun.status == 201 && begun.json["phase"]?.text == "legacy", "\(begun.text)")
                #expect(
                    begun.json["kid"]?.text == old.kid && begun.json["issuer"]?.text == old.issuer && begun.json["maxTTL"]?.number == 3600)
                #expect(begun.json["signs"]?.text == "HS256" && Set(begun.json["verifies"]?.texts ?? []) == ["HS256", "RS256"])
                #expect(begun.json["jwksPublicSince"] == nil && begun.json["verifiers"]?.elements == [])
                #expect(try await Self.cutover(daemon) == begun.json)
                expectError(
                    try await daemon.admin("POST", "/v1/admin/cutover/legacy-secret", body: old.body()), 409, "cutover_in_progress")

                // What was issued before, here and elsewhere.
                let token = old.token(old.claims())
                #expect(try await daemon.send("GET", "/v1/identities", [Self.bearer(token)]).status == 200)
                #expect(try await daemon.keyRing()["schedule"]?["signerKeyId"] == nil, "no RSA key signs")
                let issued = try await daemon.pair(identity)
                #expect(try issued.header["alg"]?.text == "HS256" && issued.header["kid"]?.text == old.kid)
                #expect(try issued.claim("iss")?.text == old.issuer)
                #expect(try await daemon.send("GET", "/v1/identities", [issued.bearer]).status == 200)
                #expect(try await daemon.send("GET", "/v1/revocations?jti=elsewhere").json["revoked"]?.flag == false)

                // Proven through the listener.
                let measured = try await Self.step(daemon, "advance", #"{"dryRun":true}"#).json
                #expect(measured["from"]?.text == "legacy" && measured["to"]?.text == "published" && measured["done"]?.flag == false)
                #expect(measured["gates"]?.elements?.contains { $0["name"]?.text == "probe" && $0["passed"]?.flag == true } == true)
                #expect(try await Self.cutover(daemon)["phase"]?.text == "legacy")
                let published = try await Self.step(daemon, "advance", #"{"to":"published"}"#)
                #expect(published.status == 200 && published.json["done"]?.flag == true, "\(published.text)")
                #expect(try await Self.cutover(daemon)["jwksPublicSince"]?.text == clock.now().description)
                let already = try await Self.step(daemon, "advance", #"{"to":"published"}"#)
                #expect(already.status == 200 && already.json["done"]?.flag == false && already.json["gates"]?.elements == [])
                expectField(try await Self.step(daemon, "advance", #"{"to":"sunset"}"#), "to")
                expectField(try await Self.step(daemon, "rollback", #"{"to":"purged"}"#), "to")

                // Public for long enough, and everybody accepts it.
                Self.expectRefused(try await Self.step(daemon, "advance"), 2)
                try await daemon.done("/v1/admin/cutover/verifiers", #"{"name":"billing","accepts":["HS256"]}"#)
                clock.advance(seconds: 599)
                try await daemon.done("/v1/admin/cutover/verifiers", #"{"name":"billing","accepts":["HS256","RS256"]}"#)
                Self.expectRefused(try await Self.step(daemon, "advance"), 1)
                clock.advance(seconds: 1)
                try await daemon.done("/v1/admin/cutover/verifiers", #"{"name":"search","accepts":["HS256"]}"#)
                Self.expectRefused(try await Self.step(daemon, "advance"), 1)
                let listed = try await daemon.done("/v1/admin/cutover/verifiers", #"{"name":"search","remove":true}"#)
                #expect(listed["verifiers"]?.elements?.compactMap { $0["name"]?.text } == ["billing"])
                #expect(try await Self.step(daemon, "advance").json["done"]?.flag == true)
                let renewed = try TestDaemon.pair(await daemon.refresh(issued.refresh))
                let signer = try await daemon.keyId("active")
                #expect(try renewed.header["alg"]?.text == "RS256" && renewed.header["kid"]?.text == signer)
                #expect(try renewed.claim("iss")?.text == "https://new.test")
                for bearer in [Self.bearer(token), issued.bearer, renewed.bearer] {
                    #expect(try await daemon.send("GET", "/v1/identities", [bearer]).status == 200, "both verify")
                }
                #expect(try await Self.cutover(daemon)["signs"]?.text == "RS256")
                #expect(try await daemon.keyRing()["schedule"]?["signerKeyId"]?.text == signer)

                // Nothing is left, and nobody comes with it.
                Self.expectRefused(try await Self.step(daemon, "advance"), 2)
                clock.advance(seconds: 3660)
                let late = try await daemon.send("GET", "/v1/identities", [Self.bearer(token)])
                expectError(late, 401, "token_expired")
                clock.advance(seconds: 1)
                Self.expectRefused(try await Self.step(daemon, "advance"), 1)
                _ = await daemon.authority.upkeep()
                let presenters = try #require(try await Self.cutover(daemon)["presenters"]?.elements)
                #expect(presenters.contains { $0["subject"]?.text == "agent_7" && $0["address"]?.text == "127.0.0.1" }, "\(presenters)")
                clock.advance(seconds: 600)
                #expect(try await Self.step(daemon, "advance").json["to"]?.text == "sunset")
                #expect(try await Self.cutover(daemon)["verifies"]?.texts == ["RS256"])
                expectError(
                    try await daemon.send("GET", "/v1/identities", [Self.bearer(old.token(old.claims()))]), 401, "invalid_token")
                #expect(try await daemon.send("GET", "/v1/revocations?jti=elsewhere").json["revoked"]?.flag == true)
                #expect(try await daemon.send("GET", "/v1/identities", [try await daemon.pair(identity).bearer]).status == 200)

                // The end.
                expectError(
                    try await Self.step(daemon, "advance", #"{"to":"purged"}"#), 409, "cutover_gate_refused",
                    "that step has a route of its own")
                Self.expectRefused(try await Self.step(daemon, "purge"), 1)
                clock.advance(seconds: 3600)
                #expect(try await Self.step(daemon, "purge", #"{"dryRun":true}"#).json["done"]?.flag == false)
                #expect(try await Self.step(daemon, "purge").json["done"]?.flag == true)
                let end = try await Self.cutover(daemon)
                #expect(end["phase"]?.text == "purged" && end["next"] == nil && end["verifies"]?.texts == ["RS256"])
                for way in ["advance", "rollback"] { expectError(try await Self.step(daemon, way), 409, "cutover_gate_refused", way) }
                expectError(
                    try await daemon.admin("POST", "/v1/admin/cutover/legacy-secret", body: old.body()), 409, "cutover_in_progress")
                for (action, count) in [
                    (.cutoverSecretImported, 1), (.cutoverAdvanced, 3), (.cutoverPurged, 1), (.cutoverVerifierChanged, 4),
                ] as [(AuditRecord.Action, Int)] {
                    let entries = try daemon.audit(action)
                    #expect(entries.count == count && entries.allSatisfy { $0.actor.hasPrefix("admin-socket:uid=") }, "\(action)")
                }
            }
        }

        @Test("go back in one commit, with effect on the next request, and forward again on the operator's word")
        func back() async throws {
            try await Self.withFresh { daemon, old in
                let identity = try await daemon.identity(Self.scope)
                try await daemon.done("/v1/admin/cutover/legacy-secret", old.body())
                let token = old.token(old.claims())
                let override = #"{"override":"the fleet was checked by hand"}"#
                for phase in ["published", "cutover", "sunset"] {
                    let step = try await Self.step(daemon, "advance", override)
                    #expect(step.json["to"]?.text == phase && step.json["done"]?.flag == true, "\(step.text)")
                    #expect((step.json["overridden"] != nil) == (phase != "published"), "only what refused is overridden")
                }
                let entry = try #require(try daemon.audit(.cutoverAdvanced).last)
                #expect(entry.metadata.values.contains("the fleet was checked by hand"))
                expectError(try await daemon.send("GET", "/v1/identities", [Self.bearer(token)]), 401, "invalid_token")
                #expect(try await Self.step(daemon, "rollback").json["to"]?.text == "cutover")
                #expect(try await daemon.send("GET", "/v1/identities", [Self.bearer(token)]).status == 200)
                #expect(try await daemon.pair(identity).header["alg"]?.text == "RS256")
                try await daemon.done("/v1/admin/cutover/verifiers", #"{"name":"new","accepts":["RS256"]}"#)
                Self.expectRefused(try await Self.step(daemon, "rollback"), 1)
                try await daemon.done("/v1/admin/cutover/verifiers", #"{"name":"new","accepts":["RS256","HS256"]}"#)
                #expect(try await Self.step(daemon, "rollback").json["to"]?.text == "published")
                #expect(try await daemon.pair(identity).header["alg"]?.text == "HS256")
                #expect(try await Self.step(daemon, "rollback", #"{"to":"legacy"}"#).json["to"]?.text == "legacy")
                expectError(try await Self.step(daemon, "rollback"), 409, "cutover_gate_refused")
                #expect(try daemon.audit(.cutoverRolledBack).count == 3)
            }
        }

        @Test("begin where both verify on an install that has signed RS256 before")
        func enters() async throws {
            try await withDaemon(Self.settings) { daemon in
                let old = LegacyIssuer(daemon)
                let begun = try await daemon.done("/v1/admin/cutover/legacy-secret", old.body())
                #expect(begun["phase"]?.text == "cutover" && begun["signs"]?.text == "RS256")
                #expect(try await daemon.send("GET", "/v1/identities", [Self.bearer(old.token(old.claims()))]).status == 200)
                #expect(try await daemon.pair(daemon.identity(Self.scope)).header["alg"]?.text == "RS256")
                #expect(try await daemon.admin("GET", "/v1/admin/status").json["cutover"]?["phase"]?.text == "cutover")
            }
        }

        @Test("hold rotation and import back, not the emergency")
        func held() async throws {
            let clock = ManualClock()
            try await Self.withFresh(clock: clock) { daemon, old in
                try await daemon.done("/v1/admin/cutover/legacy-secret", old.body())
                let pem = try Fixture.text("crypto/rsa2048-pkcs8.pem").replacing("\n", with: "\\n")
                expectError(try await daemon.admin("POST", "/v1/admin/keys/rotate", body: #"{"now":true}"#), 409, "cutover_in_progress")
                expectError(
                    try await daemon.admin("POST", "/v1/admin/keys/import", body: #"{"pem":"\#(pem)"}"#), 409, "cutover_in_progress")
                clock.advance(seconds: 91 * 86_400)
                await daemon.authority.tendKeys()
                #expect(try daemon.audit(.keyRotated).isEmpty)
                #expect(try await Self.cutover(daemon)["rotationDueSince"] != nil)
                #expect(try await daemon.keyRing()["schedule"]?["waitsFor"]?["reason"]?.text == "cutover")
                let signer = try await daemon.keyId("active")
                #expect(try await daemon.done("/v1/admin/keys/\(signer)/revoke", #"{"reason":"r"}"#)["revokedKeyIds"]?.texts == [signer])
                #expect(!(try await daemon.published().contains(signer)))
            }
        }

        @Test("are where they were after a restart, in each phase")
        func restart() async throws {
            let scratch = try Scratch.withEmptyState()
            let clock = ManualClock()
            for phase in ["legacy", "published", "cutover", "sunset", "purged"] {
                var told = JSON.null
                try await withDaemon(Self.settings, scratch: scratch, clock: clock) { daemon in
                    let old = LegacyIssuer(daemon)
                    let way = phase == "legacy" ? "legacy-secret" : phase == "purged" ? "purge" : "advance"
                    try await daemon.done("/v1/admin/cutover/\(way)", way == "legacy-secret" ? old.body() : #"{"override":"a test"}"#)
                    told = try await Self.cutover(daemon)
                    #expect(told["phase"]?.text == phase)
                }
                try await withDaemon(Self.settings, scratch: scratch, clock: clock) { daemon in
                    let old = LegacyIssuer(daemon)
                    #expect(try await Self.cutover(daemon) == told, "\(phase)")
                    let reply = try await daemon.send("GET", "/v1/identities", [Self.bearer(old.token(old.claims(subject: phase)))])
                    #expect((reply.status == 200) == ["legacy", "published", "cutover"].contains(phase), "\(phase) \(reply.text)")
                }
            }
        }

        @Test("show in the JWKS that there is a legacy key when they are told to, never the key, and only while it verifies")
        func shown() async throws {
            for isOn in [true, false] {
                try await Self.withFresh([.cutoverLegacyJWK: "\(isOn)"]) { daemon, old in
                    func legacy() async throws -> JSON? {
                        try await daemon.send("GET", "/.well-known/jwks.json").json["keys"]?.elements?.first { $0["kty"]?.text == "oct" }
                    }
                    #expect(try await legacy() == nil)
                    try await daemon.done("/v1/admin/cutover/legacy-secret", old.body())
                    let shown: JSON? =
                        isOn
                        ? .object(["kty": .string("oct"), "alg": .string("HS256"), "use": .string("sig"), "kid": .string(old.kid)]) : nil
                    for phase in ["published", "cutover", "sunset"] {
                        #expect(try await legacy() == shown)
                        #expect(try await Self.step(daemon, "advance", #"{"override":"a test"}"#).json["to"]?.text == phase)
                    }
                    #expect(try await legacy() == nil)
                }
            }
        }

        @Test("refuse a body that can't be right, by the member")
        func refusals() async throws {
            try await withDaemon { daemon in
                let old = LegacyIssuer(daemon)
                func body(_ name: String, _ value: String) -> String {
                    var members = [
                        "kid": #""production""#, "issuer": #""https://old.test""#, "maxTTL": "3600",
                        "issuedUntil": #""2029-12-31T00:00:00Z""#,
                        "secret": #""\#(old.encodedSecret)""#,
                    ]
                    members[name] = value
                    return "{\(members.map { #""\#($0)":\#($1)"# }.joined(separator: ","))}"
                }
                let signer = try await daemon.keyId("active")
                let cases: [(String, [String])] = [
                    ("kid", [#""""#, "7", #""a b""#, #""\#(String(repeating: "k", count: 129))""#, #""\#(signer)""#]),
                    ("issuer", [#""""#, "7"]), ("maxTTL", ["0", "-1", "1.5", "2592001", "1e400", #""1h""#]),
                    ("issuedUntil", [#""tomorrow""#, "7", #""2030-03-01T00:00:00Z""#]),
                    ("secret", [#""""#, "7", #""c2hvcnQ""#, #""a b""#, #""====""#, #""LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0""#]),
                ]
                for (name, values) in cases {
                    for value in values {
                        let reply = try await daemon.admin("POST", "/v1/admin/cutover/legacy-secret", body: body(name, value))
                        expectField(reply, name, "\(name) \(value)")
                    }
                }
                #expect(try await Self.cutover(daemon)["phase"]?.text == "none")
                try await daemon.done("/v1/admin/cutover/legacy-secret", body("kid", #""production""#))
                for wrong in [
                    #"{"name":"a"}"#, #"{"name":"a","remove":false}"#, #"{"name":"a","remove":true,"accepts":["RS256"]}"#,
                    #"{"name":"a","accepts":[]}"#, #"{"name":"a","accepts":["none"]}"#, #"{"name":"a","accepts":["RS256","none"]}"#,
                ] {
                    expectField(try await daemon.admin("POST", "/v1/admin/cutover/verifiers", body: wrong), "accepts", wrong)
                }
                for wrong in [#"{"name":"","accepts":["RS256"]}"#, #"{"accepts":["RS256"]}"#, #"{"name":7,"accepts":["RS256"]}"#] {
                    expectField(try await daemon.admin("POST", "/v1/admin/cutover/verifiers", body: wrong), "name", wrong)
                }
                for (name, value) in [("to", #""done""#), ("to", "7"), ("dryRun", #""yes""#), ("override", #""""#), ("override", "true")] {
                    for way in ["advance", "rollback"] {
                        expectField(try await Self.step(daemon, way, #"{"\#(name)":\#(value)}"#), name, "\(way) \(name) \(value)")
                    }
                }
            }
        }
    }
}
