import HTTPTypes
import LatchkeyAuthority
import LatchkeyScopes
@testable import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("Authorization")
    struct AuthorizeTests {
        private static func body(_ scope: String) -> String {
            String(decoding: JSONNode.members([("scope", .string(scope))]).bytes, as: UTF8.self)
        }

        @Test("says the same in its three forms: which scope covers, or which is missing")
        func forms() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayfile:fs:read:/docs/*", "relaycast:channel:manage").secret
                for (scope, matched) in [
                    ("relayfile:fs:read:/docs/a", "relayfile:fs:read:/docs/*"), ("relaycast:channel:write:x", "relaycast:channel:manage:*"),
                    ("relayfile:fs:read:/docs//a", "relayfile:fs:read:/docs/*"),
                ] {
                    let posted = try await daemon.call("POST", "/v1/authorize", key: key, body: Self.body(scope))
                    #expect(
                        posted.status == 200 && posted.json == .object(["allowed": .bool(true), "matchedScope": .string(matched)]),
                        "\(posted.text)")
                    for reply in [
                        try await daemon.call("GET", "/v1/authorize?scope=\(scope)", key: key),
                        try await daemon.call("GET", "/v1/authorize", key: key, [("x-latchkey-scope", scope)]),
                    ] {
                        #expect(reply.status == 200 && reply.body.isEmpty && reply["content-length"] == "0", "\(reply.text)")
                        #expect(reply["x-latchkey-scopes"] == "relayfile:fs:read:/docs/* relaycast:channel:manage:*")
                        #expect(reply["x-latchkey-org"] == daemon.authority.firstOrganisation)
                        #expect(reply["cache-control"] == "no-store")
                    }
                }
                let wanted = "relayfile:fs:write:/docs/a"
                for reply in [
                    try await daemon.call("POST", "/v1/authorize", key: key, body: Self.body(wanted)),
                    try await daemon.call("GET", "/v1/authorize?scope=\(wanted)", key: key),
                    try await daemon.call("GET", "/v1/authorize", key: key, [("x-latchkey-scope", wanted)]),
                    try await daemon.call("POST", "/v1/authorize/file", key: key, body: #"{"path":"/docs/a","action":"write"}"#),
                ] {
                    expectError(reply, 403, "insufficient_scope")
                    #expect(reply.json["required"]?.text == wanted)
                    #expect(reply.json["actual"]?.texts == ["relayfile:fs:read:/docs/*", "relaycast:channel:manage:*"])
                    #expect(reply["x-latchkey-subject"] == nil && reply["x-latchkey-scopes"] == nil)
                }
                for reply in [
                    try await daemon.call("POST", "/v1/authorize", key: key, body: Self.body("relayfil:fs:read")),
                    try await daemon.call("GET", "/v1/authorize?scope=relayfil:fs:read", key: key),
                    try await daemon.call("GET", "/v1/authorize", key: key, [("x-latchkey-scope", "relayfil:fs:read")]),
                ] {
                    expectError(reply, 400, "invalid_scope")
                    #expect(reply.json["scope"]?.text == "relayfil:fs:read")
                    #expect(reply.json["message"]?.text?.contains(#"did you mean "relayfile:fs:read:*"?"#) == true, "\(reply.text)")
                }
            }
        }

        @Test("for a proxy takes the scope from the query, else from the header, and wants one of them")
        func places() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayfile:fs:read:*").secret
                let (good, bad) = ("relayfile:fs:read:/a", "relayfile:fs:write:/a")
                func ask(_ query: String?, _ header: String?) async throws -> Reply {
                    try await daemon.call(
                        "GET", "/v1/authorize" + (query.map { "?scope=\($0)" } ?? ""), key: key,
                        header.map { [("x-latchkey-scope", $0)] } ?? [])
                }
                #expect(try await ask(good, bad).status == 200)
                expectError(try await ask(bad, good), 403, "insufficient_scope")
                expectField(try await ask(nil, nil), "scope")
                expectError(try await ask("", good), 400, "invalid_scope", "an empty one is one")
                expectField(try await ask("%zz", good), "scope")
                #expect(try await ask("relayfile%3Afs%3Aread%3A%2Fcaf%C3%A9", nil).status == 200)
            }
        }

        @Test("names the caller to the proxy in headers that nobody can mistake")
        func headers() async throws {
            try await withDaemon { daemon in
                let scopes = ["relayfile:fs:read:/café/*", "relayfile:fs:write:/100%/a", "relayfile:fs:read:/a%20b"]
                let key = try await daemon.key(scopes[0], scopes[1], scopes[2])
                let asked = "/v1/authorize?scope=relayfile:fs:read:/caf%C3%A9/x"
                let reply = try await daemon.call("GET", asked, key: key.secret)
                #expect(reply.status == 200, "\(reply.text)")
                #expect(reply["x-latchkey-subject"] == "api_key:\(key.id)")
                let encoded = try #require(reply["x-latchkey-scopes"])
                #expect(encoded.utf8.allSatisfy { (0x20...0x7E).contains($0) })
                #expect(encoded == "relayfile:fs:read:/caf%C3%A9/* relayfile:fs:write:/100%25/a relayfile:fs:read:/a%2520b")
                #expect(encoded.split(separator: " ").map { PercentCoding.decoded(Array($0.utf8)[...]) } == scopes)

                let identity = try await daemon.identity("relayfile:fs:read:*")
                let token = try await daemon.send("GET", "/v1/authorize?scope=relayfile:fs:read:/a", [daemon.pair(identity).bearer])
                #expect(token["x-latchkey-subject"] == identity)
                let operatorsOwn = try await daemon.admin("GET", "/v1/authorize?scope=relayfile:fs:read:/a")
                #expect(operatorsOwn["x-latchkey-subject"]?.hasPrefix("admin-socket:uid=") == true)
                #expect(operatorsOwn["x-latchkey-scopes"] == "*:*:*:*")
            }
        }

        @Test("answers HEAD, as some proxies ask, with the same head and no body")
        func head() async throws {
            try await withDaemon { daemon in
                let pair = try await daemon.pair(daemon.identity("relayfile:fs:read:/docs/*"))
                for (path, status) in [("/docs/a", 200), ("/other", 403), ("relative", 400)] {
                    let headers = [pair.bearer, ("x-latchkey-scope", "relayfile:fs:read:\(path)"), ("x-request-id", "same")]
                    let got = try await daemon.send("GET", "/v1/authorize", headers)
                    let head = try await daemon.send("HEAD", "/v1/authorize", headers)
                    #expect(got.status == status && head.status == status)
                    #expect(head.body.isEmpty && head["content-length"] == String(got.body.count))
                    for name in ["x-latchkey-subject", "x-latchkey-org", "x-latchkey-scopes", "content-type"] {
                        #expect(head[name] == got[name], "\(name)")
                    }
                }
                let anonymous = try await daemon.send("HEAD", "/v1/authorize?scope=relayfile:fs:read:/docs/a")
                #expect(anonymous.status == 401 && anonymous["www-authenticate"] != nil)
            }
        }

        @Test("takes a token that is meant for the plane asked about, which no other route takes")
        func audiences() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("*")
                let file = try await daemon.pair(identity, #""audience":["relayfile"]"#).bearer
                let other = try await daemon.pair(identity, #""audience":["somebody-else","RELAYFILE","relayauthx"]"#).bearer
                let own = try await daemon.pair(identity, #""audience":["relayauth"]"#).bearer
                func ask(_ token: (String, String), _ scope: String) async throws -> [Reply] {
                    [
                        try await daemon.send("POST", "/v1/authorize", [token], body: Self.body(scope)),
                        try await daemon.send("GET", "/v1/authorize?scope=\(scope)", [token]),
                    ]
                }
                for reply in try await ask(file, "relayfile:fs:read:/a") + ask(own, "relayfile:fs:read:/a") + ask(own, "relaycast:x:run") {
                    #expect(reply.status == 200, "\(reply.text)")
                }
                for reply in try await ask(file, "relaycast:x:read") + ask(file, "relayauth:identity:read") + ask(file, "*")
                    + ask(other, "relayfile:fs:read:/a") + ask(other, "relayauth:identity:read")
                {
                    expectError(reply, 401, "invalid_token")
                }
                for reply in try await ask(file, "nonsense") + ask(other, "nonsense") { expectError(reply, 400, "invalid_scope") }
                let request = #"{"path":"/a","action":"read"}"#
                #expect(try await daemon.send("POST", "/v1/authorize/file", [file], body: request).status == 200)
                expectError(try await daemon.send("POST", "/v1/authorize/file", [other], body: request), 401, "invalid_token")

                for route in RouteTable.api.routes where !route.access.isOpen && !route.path.hasPrefix("/v1/authorize") {
                    let reply = try await daemon.send(
                        route.method.rawValue, RouteMatrixTests.target(route.path), [file], body: route.method == .get ? nil : "{}",
                        to: route.isSocketOnly ? daemon.socket : daemon.tcp)
                    expectError(reply, 401, "invalid_token", "\(route.method) \(route.path)")
                }
            }
        }

        @Test("needs no scope but a credential that is live")
        func credentials() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayfile:fs:read:*")
                let pair = try await daemon.pair(daemon.identity("relayfile:fs:read:*"))
                let scope = "relayfile:fs:read:/a"
                for (method, target, body) in [
                    ("POST", "/v1/authorize", Self.body(scope)), ("GET", "/v1/authorize?scope=\(scope)", nil),
                    ("POST", "/v1/authorize/file", #"{"path":"/a","action":"read"}"#),
                ] as [(String, String, String?)] {
                    expectError(try await daemon.send(method, target, body: body), 401, "missing_authorization")
                    expectError(try await daemon.call(method, target, key: "lk_no", body: body), 401, "invalid_api_key")
                    #expect(try await daemon.call(method, target, key: key.secret, body: body).status == 200)
                    #expect(try await daemon.send(method, target, [pair.bearer], body: body).status == 200)
                }
                _ = try await daemon.admin("POST", "/v1/tokens/revoke", body: #"{"tokenId":"\#(try pair.tokenId)"}"#)
                _ = try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke")
                expectError(try await daemon.send("GET", "/v1/authorize?scope=\(scope)", [pair.bearer]), 401, "token_revoked")
                expectError(try await daemon.call("GET", "/v1/authorize?scope=\(scope)", key: key.secret), 401, "invalid_api_key")
                expectError(
                    try await daemon.call("POST", "/v1/authorize", key: key.secret, body: #"{"scope":"\#(scope)","orgId":"x"}"#), 401,
                    "invalid_api_key")
            }
        }

        @Test("of file paths goes by the table that every language can read")
        func files() async throws {
            let rows = try #require(try Fixture.json("authorize-file.json").elements)
            #expect(rows.count > 100)
            try await withDaemon { daemon in
                // By bytes: as texts, two grants that only look alike would be one.
                var keys: [[UInt8]: String] = [:]
                for row in rows {
                    let grants = try #require(row["grants"]?.texts)
                    let name = Array(grants.joined(separator: " ").utf8)
                    if keys[name] == nil {
                        let body = "{\"name\":\"k\",\"scopes\":\(String(decoding: JSONNode.strings(grants).bytes, as: UTF8.self))}"
                        keys[name] = try TestDaemon.key(await daemon.admin("POST", "/v1/api-keys", body: body)).secret
                    }
                    let path = try #require(row["path"]?.text)
                    let action = try #require(row["action"]?.text)
                    let request = JSONNode.members([("path", .string(path)), ("action", .string(action))]).bytes
                    let reply = try await daemon.call(
                        "POST", "/v1/authorize/file", key: try #require(keys[name]), body: String(decoding: request, as: UTF8.self))
                    let why = "\(row["why"]?.text ?? ""): \(action) \(path)"
                    switch row["expected"]?.text {
                    case "allowed":
                        #expect(reply.status == 200 && reply.json["allowed"]?.flag == true, "\(why) \(reply.text)")
                        #expect(try Self.normal(grants).contains(reply.json["matchedScope"]?.text ?? ""), "\(why)")
                    case "denied":
                        expectError(reply, 403, "insufficient_scope", why)
                        #expect(reply.json["required"]?.text == row["understood"]?.text ?? "relayfile:fs:\(action):\(path)", "\(why)")
                        #expect(try reply.json["actual"]?.texts == Self.normal(grants))
                    default:
                        #expect(row["expected"]?.text == "invalid")
                        expectError(reply, 400, "invalid_scope", why)
                        #expect(reply.json["reason"]?.text == row["reason"]?.text, "\(why)")
                    }
                }
            }
        }

        private static func normal(_ grants: [String]) throws -> [String] { try ScopeSet.parse(grants).texts }
    }
}
