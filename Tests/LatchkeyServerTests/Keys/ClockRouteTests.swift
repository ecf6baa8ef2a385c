import LatchkeyServer
import LatchkeyAuthority
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("A clock that was set while the daemon runs")
    struct ClockRouteTests {
        private static let scope = "relayauth:identity:read:*"

        /// All that mints, with what it needs.
        private func mints(_ daemon: TestDaemon, identity: String, refresh: String) async throws -> [(String, Reply)] {
            [
                ("issue", try await daemon.admin("POST", "/v1/tokens", body: #"{"identityId":"\#(identity)"}"#)),
                ("refresh", try await daemon.refresh(refresh)),
                ("key", try await daemon.admin("POST", "/v1/api-keys", body: #"{"name":"n","scopes":["relayfile:fs:read:*"]}"#)),
                ("sub-agent", try await daemon.admin("POST", "/v1/identities/\(identity)/sub-agents", body: #"{"name":"sub"}"#)),
                ("rotate", try await daemon.admin("POST", "/v1/admin/keys/rotate", body: #"{"now":true}"#)),
            ]
        }

        @Test(
            "stops minting until the operator's word, and nothing else",
            arguments: [-30 * 86_400, -61, 61, 7200, 5 * 365 * 86_400] as [Int64])
        func stepped(_ seconds: Int64) async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let identity = try await daemon.identity(Self.scope)
                let pair = try await daemon.pair(identity, #""expiresIn":86400"#)
                let key = try await daemon.key(Self.scope)
                clock.step(seconds: seconds)
                for (name, reply) in try await mints(daemon, identity: identity, refresh: pair.refresh) {
                    expectError(reply, 503, "clock_unreliable", name)
                    #expect(reply["retry-after"] != nil)
                }
                #expect(try await daemon.call("GET", "/v1/identities", key: key.secret).status == 200)
                #expect(try await daemon.send("GET", "/v1/identities", [pair.bearer]).status == 200)
                #expect(try await daemon.published().count == 2, "no key leaves, none comes")
                let health = try await daemon.send("GET", "/v1/health")
                #expect(health.status == 200 && health.json["status"]?.text == "degraded")
                #expect(health.json["services"]?["clock"]?["status"]?.text == "degraded")
                let status = try await daemon.admin("GET", "/v1/admin/status").json
                #expect(status["clock"]?["reliable"]?.flag == false && status["clock"]?["problem"]?.text?.isEmpty == false)
                #expect(status["clock"]?["advice"]?.text?.contains("latchkey clock accept") == true)
                #expect(try await daemon.keyRing()["schedule"]?["waitsFor"]?["reason"]?.text == "clock")

                // What protects goes on.
                #expect(try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke").status == 200)
                let signer = try await daemon.keyId("active")
                #expect(try await daemon.done("/v1/admin/keys/\(signer)/revoke", #"{"reason":"r"}"#)["revokedKeyIds"]?.texts == [signer])

                let accepted = try await daemon.done("/v1/admin/clock/accept")
                #expect(accepted["wasUnreliable"]?.flag == true && accepted["problem"] == status["clock"]?["problem"])
                #expect(accepted["time"]?.text == clock.now().description)
                #expect(try daemon.audit(.clockAccepted).last?.actor.hasPrefix("admin-socket:uid=") == true)
                #expect(try await daemon.send("GET", "/v1/health").json["services"]?["clock"]?["status"]?.text == "healthy")
                #expect(try await daemon.admin("GET", "/v1/admin/status").json["clock"] == .object(["reliable": .bool(true)]))
                let next = try await daemon.pair(identity)
                #expect(try await daemon.send("GET", "/v1/identities", [next.bearer]).status == 200)
                #expect(try await daemon.done("/v1/admin/clock/accept")["wasUnreliable"]?.flag == false)
            }
        }

        @Test("and set right again is taken as if nothing had been")
        func setRight() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let identity = try await daemon.identity(Self.scope)
                let pair = try await daemon.pair(identity)
                clock.step(seconds: 3 * 86_400)
                expectError(try await daemon.refresh(pair.refresh), 503, "clock_unreliable")
                clock.step(seconds: -3 * 86_400)
                let next = try TestDaemon.pair(await daemon.refresh(pair.refresh))
                for bearer in [pair.bearer, next.bearer] { #expect(try await daemon.send("GET", "/v1/identities", [bearer]).status == 200) }
                #expect(try await daemon.send("GET", "/v1/health").json["status"]?.text == "healthy")
            }
        }

        @Test("by less than verifiers allow for is nobody's business", arguments: [-60, 60] as [Int64])
        func small(_ seconds: Int64) async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                clock.step(seconds: seconds)
                _ = try await daemon.pair(daemon.identity(Self.scope))
                #expect(try await daemon.admin("GET", "/v1/admin/status").json["clock"]?["reliable"]?.flag == true)
            }
        }

        @Test("is found at the start when it is behind what the store has seen, not when it is ahead")
        func start() async throws {
            let scratch = Scratch()
            let clock = ManualClock()
            try await withDaemon(scratch: scratch, clock: clock) { daemon in
                _ = try await daemon.identity(Self.scope)
                clock.advance(seconds: 86_400)
                _ = try await daemon.key(Self.scope)
            }
            clock.step(seconds: -7200)
            try await withDaemon(scratch: scratch, clock: clock) { daemon in
                let refused = try await daemon.admin("POST", "/v1/api-keys", body: #"{"name":"n","scopes":["relayfile:fs:read:*"]}"#)
                expectError(refused, 503, "clock_unreliable")
                #expect(try await daemon.done("/v1/admin/clock/accept")["wasUnreliable"]?.flag == true)
                _ = try await daemon.key(Self.scope)
            }
            clock.step(seconds: 3 * 365 * 86_400)
            try await withDaemon(scratch: scratch, clock: clock) { daemon in
                _ = try await daemon.key(Self.scope)
                #expect(try await daemon.admin("GET", "/v1/admin/status").json["clock"]?["reliable"]?.flag == true)
            }
        }

        @Test("is not one that goes on after a long absence: that is told in the log, once, and the keys are up to date when it listens")
        func absence() async throws {
            let (clock, scratch) = (ManualClock(), Scratch())
            var before: [String] = []
            try await withDaemon(scratch: scratch, clock: clock) { daemon in before = try await daemon.published() }
            clock.advance(seconds: 400 * 86_400)
            try await withDaemon(scratch: scratch, clock: clock) { daemon in
                let told = daemon.log.lines.filter { $0.contains("was off for") }
                #expect(told.count == 1 && told.first?.contains("was off for 400 days; the signing keys were brought up to date") == true)
                let kids = try await daemon.published()
                #expect(kids.count == 3 && kids[0] == before[1] && kids.contains(before[0]), "rotated once, as was due")
            }
            try await withDaemon(scratch: scratch, clock: clock) { daemon in
                #expect(!daemon.log.lines.contains { $0.contains("was off for") })
            }
        }
    }
}
