@testable import LatchkeyAuthority
import LatchkeyServer
import Testing

extension ServerTests {
    /// The clock stands still, and with it the second, until a test lets it go on.
    @Suite("The limit of requests a second")
    struct RequestLimitRouteTests {
        private static let settings: [Setting: String] = [.requestsPerSecond: "3", .trustedProxies: "127.0.0.1"]

        private static func from(_ address: String) -> TestDaemon.Fields { [("x-forwarded-for", address)] }

        private static func expectLimited(_ reply: Reply, _ what: String = "", location: SourceLocation = #_sourceLocation) {
            expectError(reply, 429, "rate_limited", what, location: location)
            #expect(reply["ratelimit-limit"] == "3" && reply["ratelimit-remaining"] == "0", sourceLocation: location)
            #expect(reply["ratelimit-reset"] == "1" && reply["retry-after"] == "1", sourceLocation: location)
        }

        @Test("is said after an unknown path and before everything else, of whatever route and whoever asks")
        func order() async throws {
            try await withDaemon(Self.settings) { daemon in
                let key = try await daemon.key("*")
                // what is not there is not counted, and not limited
                for _ in 0..<5 {
                    for path in ["/nothing", "/v1/admin/status"] {
                        expectError(try await daemon.send("GET", path, Self.from("192.0.2.1")), 404, "not_found")
                    }
                }
                for _ in 0..<3 {
                    expectError(try await daemon.send("GET", "/v1/api-keys", Self.from("192.0.2.1")), 401, "missing_authorization")
                }
                for (method, path, body) in [
                    ("GET", "/v1/api-keys", nil), ("PUT", "/v1/api-keys", nil), ("POST", "/v1/api-keys", "{"), ("GET", "/health", nil),
                    ("GET", "/.well-known/jwks.json", nil), ("POST", "/v1/tokens/refresh", "{}"), ("DELETE", "/health", nil),
                    ("POST", "/v1/api-keys", String(repeating: "x", count: 70_000)),
                ] as [(String, String, String?)] {
                    for credential in [[], [key.header], [("x-api-key", "lk_no")], [("authorization", "nonsense")]] as [TestDaemon.Fields] {
                        let reply = try await daemon.send(method, path, Self.from("192.0.2.1") + credential, body: body)
                        Self.expectLimited(reply, "\(method) \(path)")
                    }
                }
                let head = try await daemon.send("HEAD", "/health", Self.from("192.0.2.1"))
                #expect(head.status == 429 && head.body.isEmpty && head["retry-after"] == "1" && head["x-request-id"] != nil)
                expectError(try await daemon.send("GET", "/nothing", Self.from("192.0.2.1")), 404, "not_found")
            }
        }

        @Test("is of each address by itself: the client's, not the proxy's; IPv6 by its /64")
        func addresses() async throws {
            try await withDaemon(Self.settings) { daemon in
                func ask(_ address: String?) async throws -> Reply {
                    try await daemon.send("GET", "/health", address.map(Self.from) ?? [])
                }
                for address in ["192.0.2.1", "2001:db8::1", nil] as [String?] {
                    for _ in 0..<3 { #expect(try await ask(address).status == 200) }
                    Self.expectLimited(try await ask(address))
                }
                for same in [
                    "2001:db8::2", "2001:db8:0:0:ffff::1", "[2001:db8::9]:1", "192.0.2.1:99", "::ffff:192.0.2.1", "9.9.9.9, 192.0.2.1",
                ] {
                    Self.expectLimited(try await ask(same), same)
                }
                for other in ["192.0.2.2", "2001:db8:0:1::1"] { #expect(try await ask(other).status == 200, "\(other)") }
            }
        }

        @Test("does not believe what a client says of its address unless it is a trusted proxy")
        func untrusted() async throws {
            try await withDaemon([.requestsPerSecond: "3"]) { daemon in
                for number in 0..<3 { #expect(try await daemon.send("GET", "/health", Self.from("192.0.2.\(number)")).status == 200) }
                Self.expectLimited(try await daemon.send("GET", "/health", Self.from("192.0.2.9")))
            }
        }

        @Test("is over with its second, by a clock that nobody sets")
        func second() async throws {
            let clock = ManualClock()
            try await withDaemon([.requestsPerSecond: "3"], clock: clock) { daemon in
                for _ in 0..<3 {
                    for _ in 0..<3 { #expect(try await daemon.send("GET", "/health").status == 200) }
                    Self.expectLimited(try await daemon.send("GET", "/health"))
                    clock.step(seconds: 3600)
                    Self.expectLimited(try await daemon.send("GET", "/health"))
                    clock.step(seconds: -3600)
                    clock.advance(seconds: 1)
                }
            }
        }

        @Test("is not for the admin socket, nor for anybody when it is off")
        func socket() async throws {
            try await withDaemon([.requestsPerSecond: "1"]) { daemon in
                let key = try await daemon.key("*")
                for _ in 0..<20 {
                    #expect(try await daemon.admin("GET", "/v1/api-keys").status == 200)
                    #expect(try await daemon.admin("GET", "/v1/api-keys", [key.header, ("x-forwarded-for", "192.0.2.1")]).status == 200)
                }
            }
            try await withDaemon([.requestsPerSecond: "0"]) { daemon in
                for _ in 0..<50 {
                    let status = try await daemon.send("GET", "/health").status
                    #expect(status == 200)
                }
            }
        }
    }
}
