@testable import LatchkeyAuthority
import LatchkeyServer
import Testing

extension ServerTests {
    /// Each test sends from the addresses that it names: the daemon believes its own host's proxy.
    @Suite("The limits of mints")
    struct MintLimitRouteTests {
        /// Every route that mints.
        enum Way: String, CaseIterable, Sendable {
            case mint, rotate, subAgent, selfService, organisationToken
        }

        /// One root and what it has to mint with: a key that holds everything, and an identity that it made, with a token and a key of its own.
        private struct Family {
            let daemon: TestDaemon
            let key: TestDaemon.Key
            let identity: String
            let bearer: (String, String)

            /// - Parameter spent: how many of the root's mints this takes: none.
            static func make(_ daemon: TestDaemon, _ name: String) async throws -> Family {
                let key = try await daemon.key("*", name: name)
                let made = try await daemon.call(
                    "POST", "/v1/identities", key: key.secret, body: #"{"name":"\#(name)","sponsorId":"ada","scopes":["*"]}"#)
                let identity = try #require(made.json["id"]?.text)
                let pair = try TestDaemon.pair(
                    await daemon.call("POST", "/v1/tokens", key: key.secret, body: #"{"identityId":"\#(identity)"}"#))
                return Family(daemon: daemon, key: key, identity: identity, bearer: pair.bearer)
            }

            /// Mints by one of the ways.
            ///
            /// - Parameters:
            ///   - credential: the one that asks; the way's usual one when `nil`.
            ///   - scope: what is minted holds it, where the way lets one choose.
            func mint(
                _ way: Way, from address: String, scope: String = "relayfile:fs:read:*", by credential: (String, String)? = nil
            ) async throws -> Reply {
                let forwarded = ("x-forwarded-for", address)
                func post(_ path: String, _ usual: (String, String), _ body: String) async throws -> Reply {
                    try await daemon.send("POST", path, [credential ?? usual, forwarded], body: body)
                }
                switch way {
                case .mint: return try await post("/v1/api-keys", key.header, #"{"name":"k","scopes":["\#(scope)"]}"#)
                case .rotate:
                    // What is rotated was made by the operator, who is not counted.
                    let old = try await daemon.key(scope)
                    return try await post("/v1/api-keys/\(old.id)/rotate", key.header, "{}")
                case .subAgent:
                    let name = try daemon.authority.ids.make(.identity)
                    return try await post(
                        "/v1/identities/\(identity)/sub-agents", key.header, #"{"name":"\#(name)","scopes":["\#(scope)"]}"#)
                case .selfService: return try await post("/api/v1/keys", bearer, "{}")
                case .organisationToken: return try await post("/org/tokens", key.header, "{}")
                }
            }
        }

        private static func expectLimited(
            _ reply: Reply, _ limit: Int, retry: Int? = nil, _ what: String = "", location: SourceLocation = #_sourceLocation
        ) {
            expectError(reply, 429, "rate_limited", what, location: location)
            #expect(reply["ratelimit-limit"] == String(limit) && reply["ratelimit-remaining"] == "0", sourceLocation: location)
            #expect(reply["retry-after"] == String(retry ?? 3600 / limit), "\(what)", sourceLocation: location)
            #expect(Int(reply["ratelimit-reset"] ?? "") != nil, sourceLocation: location)
        }

        private static func expectMinted(_ reply: Reply, _ what: String = "", location: SourceLocation = #_sourceLocation) {
            #expect((200...201).contains(reply.status), "\(what) \(reply.text)", sourceLocation: location)
        }

        @Test("are one for all routes that mint: what one has used up, none has", arguments: Way.allCases)
        func shared(_ last: Way) async throws {
            try await withDaemon([.mintsPerHour: "5", .trustedProxies: "127.0.0.1"]) { daemon in
                let family = try await Family.make(daemon, "one")
                // each from an address of its own: what counts is the root
                for (index, way) in Way.allCases.enumerated() {
                    Self.expectMinted(try await family.mint(way, from: "192.0.2.\(index)"), "\(way)")
                }
                Self.expectLimited(try await family.mint(last, from: "192.0.2.77"), 5, "\(last)")
                let other = try await Family.make(daemon, "other")
                Self.expectMinted(try await other.mint(last, from: "192.0.2.77"), "\(last), another root")
            }
        }

        @Test("are by the address, whatever the root and the route", arguments: Way.allCases)
        func address(_ last: Way) async throws {
            try await withDaemon([.mintsPerHour: "5", .trustedProxies: "127.0.0.1"]) { daemon in
                for way in Way.allCases {
                    let family = try await Family.make(daemon, way.rawValue)
                    Self.expectMinted(try await family.mint(way, from: "192.0.2.1"), "\(way)")
                }
                let family = try await Family.make(daemon, "last")
                Self.expectLimited(try await family.mint(last, from: "192.0.2.1"), 5, "\(last)")
                // a refusal used up nothing of the root's
                for _ in 0..<5 { Self.expectMinted(try await family.mint(.mint, from: "192.0.2.2")) }
            }
        }

        @Test("are not got round by keys that mint keys, however long the chain")
        func chain() async throws {
            try await withDaemon([.mintsPerHour: "6", .trustedProxies: "127.0.0.1"]) { daemon in
                let family = try await Family.make(daemon, "one")
                var key = family.key
                for link in 0..<4 {
                    let reply = try await family.mint(.mint, from: "192.0.2.\(link)", scope: "*", by: key.header)
                    key = try TestDaemon.key(reply)
                    #expect(reply.json["apiKey"]?["rootId"]?.text == family.key.id)
                }
                let own = try await family.mint(.selfService, from: "192.0.2.10")
                let ownKey = ("x-api-key", try #require(own.json["key"]?.text))
                let token = try await family.mint(.organisationToken, from: "192.0.2.11", by: ownKey)
                let tokenKey = ("x-api-key", try #require(token.json["auth_token"]?.text))
                for credential in [key.header, ownKey, tokenKey, family.bearer, family.key.header] {
                    Self.expectLimited(try await family.mint(.mint, from: "192.0.2.12", by: credential), 6)
                }
            }
        }

        @Test("count one /64 of IPv6 as one address, and an IPv4 address the same when it is mapped")
        func networks() async throws {
            try await withDaemon([.mintsPerHour: "2", .trustedProxies: "127.0.0.1"]) { daemon in
                var number = 0
                func mint(_ address: String) async throws -> Reply {
                    number += 1
                    return try await Family.make(daemon, "root-\(number)").mint(.mint, from: address)
                }
                Self.expectMinted(try await mint("2001:db8:1:2::1"))
                Self.expectMinted(try await mint("2001:db8:1:2:ffff:ffff:ffff:ffff"))
                Self.expectLimited(try await mint("2001:db8:1:2:3:4:5:6"), 2)
                Self.expectLimited(try await mint("[2001:DB8:1:2::9]:443"), 2)
                Self.expectMinted(try await mint("2001:db8:1:3::1"), "the next network")
                Self.expectMinted(try await mint("198.51.100.7"))
                Self.expectMinted(try await mint("::ffff:198.51.100.7"))
                Self.expectLimited(try await mint("198.51.100.7"), 2)
                // what the client itself put before its proxy's word counts for nothing
                Self.expectLimited(try await mint("203.0.113.9, 198.51.100.7"), 2)
            }
        }

        @Test("survive a restart, and fill up again with time")
        func restart() async throws {
            let scratch = Scratch()
            let clock = ManualClock()
            let settings: [Setting: String] = [.mintsPerHour: "2", .organisationTokensPerHour: "1"]
            var key: TestDaemon.Key?
            func mint(_ scope: String, _ daemon: TestDaemon) async throws -> Reply {
                try await daemon.call(
                    "POST", "/v1/api-keys", key: try #require(key).secret, body: #"{"name":"k","scopes":["\#(scope)"]}"#)
            }
            try await withDaemon(settings, scratch: scratch, clock: clock) { daemon in
                key = try await daemon.key("*")
                let (everything, narrow) = (try await mint("*", daemon), try await mint("relayfile:fs:read:*", daemon))
                Self.expectMinted(everything)
                Self.expectMinted(narrow)
            }
            for _ in 0..<3 {
                try await withDaemon(settings, scratch: scratch, clock: clock) { daemon in
                    Self.expectLimited(try await mint("relayfile:fs:read:*", daemon), 2)
                }
            }
            clock.advance(seconds: 1800)
            try await withDaemon(settings, scratch: scratch, clock: clock) { daemon in
                Self.expectLimited(try await mint("*", daemon), 1, retry: 1800)
                Self.expectMinted(try await mint("relayfile:fs:read:*", daemon))
                Self.expectLimited(try await mint("relayfile:fs:read:*", daemon), 2)
            }
        }

        @Test("are not for the operator on the socket, but for whoever shows a credential there")
        func socket() async throws {
            try await withDaemon([.mintsPerHour: "1", .organisationTokensPerHour: "1"]) { daemon in
                for _ in 0..<5 {
                    _ = try await daemon.key("*")
                    _ = try await daemon.organisationToken()
                }
                let key = try await daemon.key("*")
                Self.expectMinted(try await daemon.admin("POST", "/org/tokens", [key.header]))
                Self.expectLimited(try await daemon.admin("POST", "/org/tokens", [key.header]), 1)
            }
        }

        @Test("of organisation tokens are 10 an hour by default, and for minting alone")
        func organisationTokens() async throws {
            let clock = ManualClock()
            try await withDaemon([.organisationTokensPerHour: "10"], clock: clock) { daemon in
                let key = try await daemon.key("*")
                var ids: [String] = []
                for _ in 0..<10 {
                    let reply = try await daemon.call("POST", "/org/tokens", key: key.secret)
                    ids.append(try #require(reply.json["id"]?.text, "\(reply.text)"))
                }
                Self.expectLimited(try await daemon.call("POST", "/org/tokens", key: key.secret), 10)
                for id in ids {
                    #expect(try await daemon.call("GET", "/org/tokens", key: key.secret).status == 200)
                    #expect(try await daemon.call("DELETE", "/org/tokens/\(id)", key: key.secret).status == 200)
                }
                // what holds less is another matter
                let narrow = #"{"name":"k","scopes":["relayauth:*:*:*"]}"#
                Self.expectMinted(try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: narrow))
                clock.advance(seconds: 180)
                Self.expectLimited(try await daemon.call("POST", "/org/tokens", key: key.secret), 10, retry: 180)
                clock.advance(seconds: 179)
                expectError(try await daemon.call("POST", "/org/tokens", key: key.secret), 429, "rate_limited")
                clock.advance(seconds: 1)
                Self.expectMinted(try await daemon.call("POST", "/org/tokens", key: key.secret))
            }
        }

        @Test("of organisation tokens are for whatever holds everything, by any route", arguments: Way.allCases)
        func everything(_ last: Way) async throws {
            try await withDaemon([.organisationTokensPerHour: "6", .trustedProxies: "127.0.0.1"]) { daemon in
                // Each has an identity that holds everything, which is counted as well.
                let family = try await Family.make(daemon, "one")
                let second = try await Family.make(daemon, "two")
                // by the root, from an address each
                for (index, way) in Way.allCases.enumerated() {
                    Self.expectMinted(try await family.mint(way, from: "192.0.2.\(index)", scope: "*"), "\(way)")
                }
                Self.expectLimited(try await family.mint(last, from: "192.0.2.77", scope: "*"), 6, "\(last)")
                Self.expectMinted(try await family.mint(.mint, from: "192.0.2.77"), "what holds less")
                // by the address, by a root each
                for _ in 0..<5 { Self.expectMinted(try await second.mint(.mint, from: "192.0.2.99", scope: "*:*:*:*")) }
                let third = try await Family.make(daemon, "three")
                Self.expectMinted(try await third.mint(.mint, from: "192.0.2.99", scope: "*"))
                Self.expectLimited(try await third.mint(last, from: "192.0.2.99", scope: "*"), 6, "\(last) by address")
                Self.expectMinted(try await third.mint(last, from: "192.0.2.98", scope: "*"), "\(last) from another address")
            }
        }

        @Test("are asked last: what is refused for another reason is not counted")
        func last() async throws {
            try await withDaemon([.mintsPerHour: "1", .organisationTokensPerHour: "1"]) { daemon in
                let key = try await daemon.key("relayauth:*:*:*")
                let body = #"{"name":"k","scopes":["relayauth:token:read:*"]}"#
                for _ in 0..<3 {
                    expectError(try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: "{"), 400, "invalid_json")
                    expectError(
                        try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: #"{"name":"k","scopes":["*"]}"#), 403,
                        "scope_escalation")
                    expectError(try await daemon.call("POST", "/org/tokens", key: key.secret), 403, "insufficient_scope")
                    expectError(try await daemon.call("POST", "/api/v1/keys", key: key.secret), 403, "identity_required")
                    let nobody = "/v1/api-keys/ak_00000000000000000000000000/rotate"
                    expectError(try await daemon.call("POST", nobody, key: key.secret), 404, "api_key_not_found")
                }
                Self.expectMinted(try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: body))
                Self.expectLimited(try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: body), 1)
            }
        }
    }
}
