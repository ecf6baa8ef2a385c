@testable import LatchkeyAuthority
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("The client's address")
    struct LimitAndProxyTests {
        private static let mint = #"{"name":"k","scopes":["relayauth:api-key:manage:*"]}"#

        @Test("is the right-most forwarded one that is no trusted proxy, and only a trusted proxy is believed")
        func forwarded() async throws {
            for (proxies, forwarded, address) in [
                ("", ["1.2.3.4"], "127.0.0.1"), ("10.0.0.0/8", ["1.2.3.4"], "127.0.0.1"), ("127.0.0.1", ["1.2.3.4, 5.6.7.8"], "5.6.7.8"),
                ("127.0.0.0/8,5.6.7.8", ["1.2.3.4, 5.6.7.8"], "1.2.3.4"), ("127.0.0.1", ["1.2.3.4", "5.6.7.8"], "5.6.7.8"),
                ("127.0.0.1", [], "127.0.0.1"),
            ] as [(String, [String], String)] {
                try await withDaemon([.trustedProxies: proxies]) { daemon in
                    let key = try await daemon.key("relayauth:api-key:manage:*")
                    let headers = forwarded.map { ("x-forwarded-for", $0) } + [("user-agent", "tester/1 \u{e9}")]
                    #expect(try await daemon.call("POST", "/v1/api-keys", key: key.secret, headers, body: Self.mint).status == 201)
                    let entry = try #require(try daemon.audit(.apiKeyCreated).last)
                    #expect(entry.ip == address, "\(proxies) \(forwarded)")
                    #expect(
                        entry.userAgent == "tester/1 ??" && entry.requestId.isEmpty == false
                            && entry.actor == "api-key:\(key.secret.prefix(11))")
                }
            }
        }

        @Test("and the root are what mints are counted on; the operator's are not")
        func mintLimit() async throws {
            let clock = ManualClock()
            try await withDaemon([.mintsPerHour: "2", .trustedProxies: "127.0.0.1"], clock: clock) { daemon in
                let first = try await daemon.key("relayauth:api-key:manage:*")
                let second = try await daemon.key("relayauth:api-key:manage:*")
                for _ in 0..<5 { _ = try await daemon.key("relayfile:fs:read:*") }
                func mint(_ key: String, from address: String) async throws -> Reply {
                    try await daemon.call("POST", "/v1/api-keys", key: key, [("x-forwarded-for", address)], body: Self.mint)
                }
                let child = try TestDaemon.key(await mint(first.secret, from: "192.0.2.1"))
                #expect(try await mint(child.secret, from: "192.0.2.2").status == 201)
                // one root, whatever its address and whichever of its keys asks
                for key in [first, child] {
                    let refused = try await mint(key.secret, from: "192.0.2.3")
                    expectError(refused, 429, "rate_limited")
                    #expect(refused["retry-after"] == "1800" && refused["ratelimit-limit"] == "2")
                    #expect(refused["ratelimit-remaining"] == "0" && refused["ratelimit-reset"] == "3600")
                }
                // one address, whatever the root; 192.0.2.1 has one left
                #expect(try await mint(second.secret, from: "192.0.2.1").status == 201)
                expectError(try await mint(second.secret, from: "192.0.2.1"), 429, "rate_limited")
                // what is refused for its scopes is refused before it counts
                let wide = #"{"name":"k","scopes":["*"]}"#
                expectError(
                    try await daemon.call("POST", "/v1/api-keys", key: second.secret, [("x-forwarded-for", "192.0.2.1")], body: wide), 403,
                    "scope_escalation")
                clock.advance(seconds: 1799)
                expectError(try await mint(first.secret, from: "192.0.2.9"), 429, "rate_limited")
                clock.advance(seconds: 1)
                #expect(try await mint(first.secret, from: "192.0.2.9").status == 201)
                expectError(try await mint(first.secret, from: "192.0.2.9"), 429, "rate_limited")
            }
        }

        @Test("Denials are summed up in the log of the audit, without a secret")
        func denials() async throws {
            let scratch = Scratch()
            let clock = ManualClock()
            try await withDaemon(scratch: scratch, clock: clock) { daemon in
                let key = try await daemon.key("relayauth:api-key:manage:*")
                for _ in 0..<7 { _ = try await daemon.call("GET", "/v1/identities", key: key.secret) }
                for _ in 0..<5 { _ = try await daemon.call("GET", "/v1/identities", key: "lk_wrong") }
                for _ in 0..<3 { _ = try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: #"{"name":"k","scopes":["*"]}"#) }
                clock.advance(seconds: 61)
                await daemon.authority.upkeep()
                #expect(try daemon.audit(.scopeDenied).map { $0.metadata["count"] } == ["7"])
                #expect(try daemon.audit(.apiKeyDenied).map { $0.metadata["count"] } == ["5"])
                #expect(try daemon.audit(.scopeEscalationDenied).map { $0.metadata["count"] } == ["3"])
                #expect(try daemon.audit(.scopeDenied).allSatisfy { $0.result == .denied && $0.ip == "127.0.0.1" })
            }
        }
    }
}
