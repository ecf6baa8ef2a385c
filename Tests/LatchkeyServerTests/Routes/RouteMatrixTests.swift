import HTTPTypes
import LatchkeyScopes
import LatchkeyServer
import Testing

extension ServerTests {
    /// What holds for every route, read from the routes' own declarations.
    @Suite("Every route")
    struct RouteMatrixTests {
        static let routes = RouteTable.api.routes

        /// The scope that a route asks for; none when it is open.
        static func scope(of route: Route) -> String? {
            if case .scopes(let scopes) = route.access { scopes.first?.text } else { nil }
        }

        /// A target of the route's path, whose id nobody has.
        static func target(_ path: String) -> String { path.replacing("{id}", with: "ak_00000000000000000000000000") }

        /// The paths with all the methods that they were declared for.
        static var methods: [String: Set<String>] {
            routes.reduce(into: [:]) { $0[$1.path, default: []].insert($1.method.rawValue) }
        }

        static func isOpen(_ path: String) -> Bool { scope(of: routes.first { $0.path == path }!) == nil }

        @Test("of the contract that is built is there, and no other")
        func allThere() {
            #expect(
                Set(Self.routes.map { "\($0.method.rawValue) \($0.path)" }) == [
                    "GET /health", "GET /v1/health", "GET /.well-known/jwks.json", "GET /v1/revocations", "POST /v1/api-keys",
                    "GET /v1/api-keys",
                    "GET /v1/api-keys/{id}", "POST /v1/api-keys/{id}/revoke", "POST /v1/identities", "GET /v1/identities",
                    "GET /v1/identities/{id}",
                    "POST /v1/tokens", "POST /v1/tokens/refresh", "POST /v1/tokens/revoke", "GET /v1/tokens/introspect",
                    "POST /v1/tokens/introspect",
                    "GET /v1/admin/status",
                ])
        }

        @Test("answers 401, not 404, to who brings no credential")
        func anonymous() async throws {
            try await withDaemon { daemon in
                for route in Self.routes where !route.isSocketOnly && Self.scope(of: route) != nil {
                    let reply = try await daemon.send(route.method.rawValue, Self.target(route.path))
                    expectError(reply, 401, "missing_authorization", "\(route.method) \(route.path)")
                }
                for route in Self.routes where Self.scope(of: route) == nil {
                    let reply = try await daemon.send(route.method.rawValue, Self.target(route.path))
                    #expect(reply.status == 200 || reply.status == 400, "\(route.method) \(route.path): \(reply.text)")
                }
            }
        }

        @Test("says 401 before it says anything of method, size or form")
        func anonymousLearnsNothing() async throws {
            try await withDaemon { daemon in
                for (path, _) in Self.methods where !Self.isOpen(path) && !Self.routes.first(where: { $0.path == path })!.isSocketOnly {
                    for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "GET", "POST", "PATCH"] {
                        let reply = try await daemon.send(method, Self.target(path) + "?limit=x&orgId=y")
                        expectError(reply, 401, "missing_authorization", "\(method) \(path)")
                    }
                    let large = String(repeating: "x", count: 70_000)
                    expectError(
                        try await daemon.send("POST", Self.target(path), body: large), 401, "missing_authorization", "large \(path)")
                    expectError(try await daemon.send("POST", Self.target(path), body: "{"), 401, "missing_authorization", "broken \(path)")
                    expectError(
                        try await daemon.send("PUT", Self.target(path), [("x-api-key", "lk_no")], body: large), 401, "invalid_api_key",
                        "bad key \(path)")
                }
            }
        }

        @Test("answers 405 with Allow to another method, once it knows who calls")
        func wrongMethod() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayfile:fs:read:*")
                for (path, methods) in Self.methods {
                    let isSocketOnly = Self.routes.first { $0.path == path }!.isSocketOnly
                    for method in ["PUT", "PATCH", "OPTIONS", "DELETE"] {
                        let body = method == "PUT" ? String(repeating: "x", count: 70_000) : nil
                        let reply =
                            isSocketOnly
                            ? try await daemon.admin(method, Self.target(path), body: body)
                            : try await daemon.call(method, Self.target(path), key: key.secret, body: body)
                        expectError(reply, 405, "method_not_allowed", "\(method) \(path)")
                        let allowed = Set((reply["allow"] ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) })
                        #expect(allowed == (methods.contains("GET") ? methods.union(["HEAD"]) : methods), "\(path)")
                    }
                }
            }
        }

        @Test("that is open answers 405 to anybody")
        func wrongMethodOfOpenRoutes() async throws {
            try await withDaemon { daemon in
                for (path, _) in Self.methods where Self.isOpen(path) {
                    expectError(try await daemon.send("DELETE", path), 405, "method_not_allowed", path)
                }
            }
        }

        @Test("refuses, with what it needs and what there is, a key that holds every scope but its own")
        func insufficientScope() async throws {
            try await withDaemon { daemon in
                let all = Set(Self.routes.compactMap { Self.scope(of: $0) })
                for route in Self.routes where !route.isSocketOnly {
                    guard let scope = Self.scope(of: route) else { continue }
                    // manage implies read
                    let resource = scope.split(separator: ":")[1]
                    let others = all.filter { $0 != scope && !($0 == "relayauth:\(resource):manage:*") }
                    let held = others.sorted() + ["relayfile:*:*:*", "relayauth:scope:read:*"]
                    let minted = try await daemon.admin(
                        "POST", "/v1/api-keys", body: "{\"name\":\"k\",\"scopes\":\(TestDaemon.list(held))}")
                    let key = try TestDaemon.key(minted)
                    // a body that is wrong in itself must not be looked at before
                    let reply = try await daemon.call(
                        route.method.rawValue, Self.target(route.path), key: key.secret, body: route.method == .post ? "{" : nil)
                    expectError(reply, 403, "insufficient_scope", "\(route.method) \(route.path)")
                    #expect(reply.json["required"]?.text == scope)
                    #expect(Set(reply.json["actual"]?.texts ?? []) == Set(held))
                    let large = String(repeating: "x", count: 70_000)
                    if route.method == .post {
                        expectError(
                            try await daemon.call("POST", Self.target(route.path), key: key.secret, body: large), 413, "body_too_large",
                            route.path)
                    }
                }
            }
        }

        @Test("answers a key that holds exactly its scope as it should")
        func exactScope() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("relayauth:token:create:*")
                let pair = try await daemon.pair(identity)
                let other = try await daemon.key("relayfile:fs:read:*")
                for route in Self.routes where !route.isSocketOnly {
                    guard let scope = Self.scope(of: route) else { continue }
                    let key = try await daemon.key(scope)
                    let name = "\(route.method) \(route.path)"
                    var target = route.path
                    var body: String?
                    var expected = 200
                    switch name {
                    case "POST /v1/api-keys":
                        body = "{\"name\":\"n\",\"scopes\":[\"relayauth:api-key:read:*\"]}"
                        expected = 201
                    case "GET /v1/api-keys", "GET /v1/identities": break
                    case "GET /v1/api-keys/{id}", "POST /v1/api-keys/{id}/revoke": target = route.path.replacing("{id}", with: other.id)
                    case "POST /v1/identities":
                        body = "{\"name\":\"made\",\"sponsorId\":\"ada\"}"
                        expected = 201
                    case "GET /v1/identities/{id}": target = "/v1/identities/\(identity)"
                    case "POST /v1/tokens":
                        body = "{\"identityId\":\"\(identity)\"}"
                        expected = 201
                    case "POST /v1/tokens/revoke":
                        body = "{\"tokenId\":\"\(try pair.tokenId)\"}"
                        expected = 204
                    case "GET /v1/tokens/introspect": target += "?token=\(pair.access)"
                    case "POST /v1/tokens/introspect": body = "{\"token\":\"\(pair.access)\"}"
                    default: Issue.record("\(name) is new: say here what a good request to it is")
                    }
                    let reply = try await daemon.call(route.method.rawValue, target, key: key.secret, body: body)
                    #expect(reply.status == expected, "\(name): \(reply.text)")
                }
            }
        }

        @Test("that is for the socket alone is an unknown path on TCP, whoever asks")
        func socketOnly() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                let paths = Self.routes.filter(\.isSocketOnly)
                #expect(!paths.isEmpty)
                for route in paths {
                    for method in [route.method.rawValue, "PUT"] {
                        expectError(try await daemon.send(method, Self.target(route.path)), 404, "not_found")
                        expectError(try await daemon.call(method, Self.target(route.path), key: key.secret), 404, "not_found")
                    }
                    #expect(try await daemon.admin(route.method.rawValue, Self.target(route.path)).status == 200)
                }
            }
        }

        @Test(
            "tells only to who may ask that an id is none",
            arguments: ["%zz", "%", "%ff", "%00", "%2f", "a%2fb", "x", "AK_", "agent_1", "%20"])
        func strangeIds(_ id: String) async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                let weak = try await daemon.key("relayfile:fs:read:*")
                for (method, target, code) in [
                    ("GET", "/v1/api-keys/\(id)", "api_key_not_found"), ("POST", "/v1/api-keys/\(id)/revoke", "api_key_not_found"),
                    ("GET", "/v1/identities/\(id)", "identity_not_found"),
                ] {
                    expectError(try await daemon.send(method, target), 401, "missing_authorization", target)
                    expectError(try await daemon.call(method, target, key: weak.secret), 403, "insufficient_scope", target)
                    expectError(try await daemon.call(method, target, key: key.secret), 404, code, target)
                }
            }
        }

        @Test("that answers GET answers HEAD likewise, without the body")
        func head() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity()
                let key = try await daemon.key("*")
                for route in Self.routes where route.method == .get {
                    let id = route.path.contains("identities") ? identity : key.id
                    let target = route.path.replacing("{id}", with: id) + "?token=x&jti=x"
                    let door = route.isSocketOnly ? daemon.socket : daemon.tcp
                    // A key's last use may be written down between two answers.
                    let before = try await daemon.send("GET", target, [("x-api-key", key.secret)], to: door)
                    let head = try await daemon.send("HEAD", target, [("x-api-key", key.secret)], to: door)
                    let after = try await daemon.send("GET", target, [("x-api-key", key.secret)], to: door)
                    #expect(before.status == 200, "\(route.path) \(before.text)")
                    #expect(head.status == 200 && head.body.isEmpty, "\(route.path)")
                    #expect([before, after].contains { String($0.body.count) == head["content-length"] }, "\(route.path)")
                    #expect(head["content-type"] == before["content-type"])
                }
                expectErrorHead(try await daemon.send("HEAD", "/v1/api-keys"), 401)
                expectErrorHead(try await daemon.send("HEAD", "/nothing"), 404)
                // the connection goes on, so nothing of a body was sent
                let wire = try await Wire.open(daemon.tcp)
                try await wire.send(TestDaemon.request("HEAD", "/.well-known/jwks.json") + TestDaemon.request("GET", "/health"))
                #expect(try await wire.reply(toHead: true).status == 200)
                #expect(try await wire.reply().json["status"]?.text == "ok")
                await wire.close()
            }
        }

        private func expectErrorHead(_ reply: Reply, _ status: Int) {
            #expect(reply.status == status)
            #expect(reply.body.isEmpty)
            #expect(reply["x-request-id"] != nil)
        }

        @Test(
            "A target that is no path of ours is no way to a route",
            arguments: [("ftp://x/v1/api-keys", 400), ("x://y/health", 400), ("*v1/identities", 404)])
        func foreignTargets(_ target: String, _ status: Int) async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                #expect(try await daemon.call("GET", target, key: key.secret).status == status)
            }
        }

        @Test(
            "Unknown paths are 404 for everyone",
            arguments: [
                "/", "/v1", "/v1/", "/v2/api-keys", "/v1/roles", "/v1/policies", "/v1/webhooks", "/v1/api-keys/ak_0/nothing",
                "/v1//api-keys", "//v1/api-keys",
                "/V1/api-keys", "/v1/api-keys%2f", "/v1/tokens/revoke/", "/health/",
                "/v1/api%2Dkeys", "/.well-known/",
                "/v1/api-keys;a=b", "*",
            ])
        func unknownPaths(_ path: String) async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                for method in ["GET", "POST", "OPTIONS"] where path != "*" || method == "OPTIONS" {
                    expectError(try await daemon.send(method, path), 404, "not_found", path)
                    expectError(try await daemon.send(method, path, [("authorization", "Nonsense")]), 404, "not_found", path)
                    expectError(try await daemon.call(method, path, key: key.secret), 404, "not_found", path)
                    expectError(try await daemon.admin(method, path), 404, "not_found", path)
                }
            }
        }
    }
}
