import LatchkeyServer
import Testing

@Suite("Trusted proxies")
struct TrustedProxiesTests {
    @Test(
        "decide whose word counts",
        arguments: [
            ([], "9.9.9.9", ["1.1.1.1"], "9.9.9.9"),
            (["9.9.9.9"], "9.9.9.9", ["1.1.1.1"], "1.1.1.1"),
            (["9.9.9.9"], "9.9.9.8", ["1.1.1.1"], "9.9.9.8"),
            (["9.9.9.0/24"], "9.9.9.8", ["1.1.1.1, 9.9.9.7"], "1.1.1.1"),
            (["9.9.9.0/24"], "9.9.9.8", ["1.1.1.1, 2.2.2.2, 9.9.9.7"], "2.2.2.2"),
            (["9.9.9.0/25"], "9.9.9.127", ["1.1.1.1"], "1.1.1.1"),
            (["9.9.9.0/25"], "9.9.9.128", ["1.1.1.1"], "9.9.9.128"),
            (["9.9.9.9/32"], "9.9.9.9", ["1.1.1.1"], "1.1.1.1"),
            (["0.0.0.0/0"], "9.9.9.9", ["1.1.1.1, 2.2.2.2"], "1.1.1.1"),
            (["0.0.0.0/0"], "fd00::1", ["1.1.1.1"], "fd00::1"),
            (["fd00::/8"], "fd12::1", ["2001:db8::5"], "2001:db8::5"),
            (["fd00::/8"], "fe80::1", ["2001:db8::5"], "fe80::1"),
            (["::1", "127.0.0.1"], "::1", ["127.0.0.1, ::1"], "127.0.0.1"),
            (["9.9.9.9"], "9.9.9.9", [], "9.9.9.9"),
            (["9.9.9.9"], "9.9.9.9", [""], "9.9.9.9"),
            (["9.9.9.9"], "9.9.9.9", ["1.1.1.1", "2.2.2.2"], "2.2.2.2"),
            (["9.9.9.9"], "9.9.9.9", ["1.1.1.1,\t2.2.2.2 "], "2.2.2.2"),
            // what is no address ends the search at the proxy that sent it
            (["9.9.9.9"], "9.9.9.9", ["1.1.1.1, unknown"], "9.9.9.9"),
            (["9.9.9.0/24"], "9.9.9.9", ["1.1.1.1, _x, 9.9.9.1"], "9.9.9.1"),
            (["9.9.9.9"], "9.9.9.9", ["1.1.1.1:80"], "1.1.1.1"),
            (["9.9.9.9"], "9.9.9.9", ["[::1]"], "::1"),
            (["9.9.9.9"], "9.9.9.9", ["[2001:db8::5]:443"], "2001:db8::5"),
            (["9.9.9.9"], "9.9.9.9", ["::ffff:1.1.1.1"], "1.1.1.1"),
            (["9.9.9.0/24"], "9.9.9.9", ["1.1.1.1, ::ffff:9.9.9.8"], "1.1.1.1"),
            (["9.9.9.9"], "9.9.9.9", ["1.1.1.1:80:90"], "9.9.9.9"),
            (["9.9.9.9"], "9.9.9.9", ["[::1"], "9.9.9.9"),
            (["9.9.9.9"], "9.9.9.9", [":80"], "9.9.9.9"),
        ] as [([String], String, [String], String)])
    func client(_ proxies: [String], _ peer: String, _ forwarded: [String], _ expected: String) throws {
        let proxies = try #require(TrustedProxies(proxies))
        #expect(proxies.client(peer: peer, forwardedFor: forwarded) == expected)
    }

    @Test(
        "must be addresses or networks",
        arguments: ["x", "", "1.2.3", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/", "::/129", "1.2.3.4/8/8", "localhost", "/8", "1.2.3.4/x"])
    func refused(_ text: String) { #expect(TrustedProxies([text]) == nil && TrustedProxies(["10.0.0.1", text]) == nil) }
}

@Suite("Routes")
struct RouteFindingTests {
    @Test("A literal path wins over one with a parameter, wherever both stand in the list")
    func literalWins() throws {
        let found = try #require(RouteTable.api.find("/v1/tokens/introspect"))
        #expect(found.parameters.isEmpty)
        #expect(found.entry.routes.allSatisfy { $0.path == "/v1/tokens/introspect" })
    }

    @Test("A parameter is percent-decoded, may be empty, and never spans a slash")
    func parameters() throws {
        #expect(RouteTable.api.find("/v1/api-keys/a%2Fb")?.parameters["id"] == "a/b")
        #expect(RouteTable.api.find("/v1/api-keys/")?.parameters["id"] == "")
        #expect(RouteTable.api.find("/v1/api-keys/%C3%A9/revoke")?.parameters["id"] == "é")
        for text in ["%", "%4", "%gg", "%ff"] {
            #expect(RouteTable.api.find("/v1/api-keys/\(text)")?.parameters["id"] == text, "what can't be decoded stays as it is")
        }
        for path in ["/v1/api-keys/a/b", "", "v1/api-keys", "v1/api-keys/a", "xv1/api-keys/a", "/v1/api-keys//revoke/x"] {
            #expect(RouteTable.api.find(path) == nil, "\(path)")
        }
    }

    @Test("Every path has a summary, begins with a slash, and is declared once for each method")
    func declarations() {
        let routes = RouteTable.api.routes
        #expect(routes.allSatisfy { !$0.summary.isEmpty && $0.path.hasPrefix("/") })
        #expect(Set(routes.map { "\($0.method) \($0.path)" }).count == routes.count)
    }
}
