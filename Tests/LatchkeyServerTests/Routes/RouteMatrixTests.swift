import HTTPTypes
import LatchkeyAuthority
import LatchkeyScopes
@testable import LatchkeyServer
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

        /// A target of the route's path, whose ids nobody has.
        static func target(_ path: String) -> String {
            path.split(separator: "/").map { $0.first == "{" ? "/ak_00000000000000000000000000" : "/" + $0 }.joined()
        }

        /// The paths with all the methods that they were declared for.
        static var methods: [String: Set<String>] {
            routes.reduce(into: [:]) { $0[$1.path, default: []].insert($1.method.rawValue) }
        }

        static func isOpen(_ path: String) -> Bool { routes.first { $0.path == path }!.access.isOpen }

        @Test("of the contract that is built is there, and no other")
        func allThere() {
            #expect(
                Set(Self.routes.map { "\($0.method.rawValue) \($0.path)" }) == [
                    "GET /health", "GET /v1/health", "GET /.well-known/jwks.json", "GET /.well-known/openid-configuration",
                    "GET /.well-known/oauth-authorization-server", "GET /v1/openapi.json", "GET /v1/revocations",
                    "POST /v1/api-keys", "GET /v1/api-keys", "GET /v1/api-keys/{id}", "POST /v1/api-keys/{id}/revoke",
                    "POST /v1/api-keys/{id}/rotate", "POST /api/v1/keys", "POST /org/tokens", "GET /org/tokens", "DELETE /org/tokens/{id}",
                    "POST /v1/identities", "GET /v1/identities", "GET /v1/identities/{id}", "PATCH /v1/identities/{id}",
                    "DELETE /v1/identities/{id}", "POST /v1/identities/{id}/suspend", "POST /v1/identities/{id}/reactivate",
                    "POST /v1/identities/{id}/retire", "POST /v1/identities/{id}/sub-agents", "GET /v1/identities/{id}/sub-agents",
                    "GET /v1/identities/{id}/activity",
                    "POST /v1/tokens", "POST /v1/tokens/refresh", "POST /v1/tokens/revoke", "GET /v1/tokens/introspect",
                    "POST /v1/tokens/introspect", "POST /v1/tokens/validate", "GET /v1/tokens/{identityId}",
                    "POST /v1/scopes/validate", "GET /v1/scopes/templates", "POST /v1/scopes/check", "POST /v1/scopes/explain",
                    "POST /v1/authorize", "GET /v1/authorize", "POST /v1/authorize/file",
                    "GET /v1/audit", "GET /v1/audit/{id}", "POST /v1/audit/export", "GET /v1/events",
                    "GET /v1/audit/head", "GET /v1/audit/proof", "GET /v1/admin/audit/log",
                    "GET /v1/admin/status", "GET /metrics", "POST /v1/admin/backup", "GET /v1/admin/orgs", "POST /v1/admin/orgs",
                    "GET /v1/admin/org",
                    "PATCH /v1/admin/org",
                    "GET /v1/admin/keys", "POST /v1/admin/keys/rotate", "POST /v1/admin/keys/{kid}/revoke",
                    "POST /v1/admin/keys/revoke-all",
                    "GET /v1/admin/anchor", "POST /v1/admin/anchor/succeed", "GET /v1/bundle",
                    "POST /v1/admin/keys/import", "POST /v1/admin/clock/accept", "POST /v1/admin/seal/rewrap",
                    "GET /v1/admin/cutover", "POST /v1/admin/cutover/advance", "POST /v1/admin/cutover/rollback",
                    "POST /v1/admin/cutover/purge", "POST /v1/admin/cutover/verifiers", "POST /v1/admin/cutover/legacy-secret",
                ])
        }

        @Test("answers 401, not 404, to who brings no credential")
        func anonymous() async throws {
            try await withDaemon { daemon in
                for route in Self.routes where !route.isSocketOnly && !route.access.isOpen {
                    let reply = try await daemon.send(route.method.rawValue, Self.target(route.path))
                    expectError(reply, 401, "missing_authorization", "\(route.method) \(route.path)")
                }
                for route in Self.routes where route.access.isOpen {
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
                    for method in ["PUT", "PATCH", "OPTIONS", "DELETE"] where !methods.contains(method) {
                        let body = method == "PUT" ? String(repeating: "x", count: 70_000) : nil
                        let reply =
                            isSocketOnly
                            ? try await daemon.admin(method, Self.target(path), body: body)
                            : try await daemon.call(method, Self.target(path), key: key.secret, body: body)
                        expectError(reply, 405, "method_not_allowed", "\(method) \(path)")
                        let allowed = Set((reply["allow"] ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) })
                        let hasHead = Self.routes.contains { $0.path == path && $0.method == .get && !$0.isMaking }
                        #expect(allowed == (hasHead ? methods.union(["HEAD"]) : methods), "\(path)")
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

        /// Where a route is asked for, by whoever holds an API key.
        private static func door(_ route: Route, _ daemon: TestDaemon) -> Door { route.isSocketOnly ? daemon.socket : daemon.tcp }

        private static let protected = routes.filter { !$0.access.isOpen }

        @Test("refuses, with what it needs and what there is, a key that holds the scopes of all others but lacks one of its own")
        func insufficientScope() async throws {
            try await withDaemon { daemon in
                let all = Self.routes.flatMap(\.access.scopes)
                for route in Self.protected {
                    for scope in route.access.scopes {
                        let others = Set(all.filter { !$0.covers(scope) }.map(\.text)).union(["relayfile:*:*:*"])
                        let key = try await Self.key(others.sorted(), daemon)
                        // a body that is wrong in itself must not be looked at before
                        let reply = try await daemon.send(
                            route.method.rawValue, Self.target(route.path), [("x-api-key", key)], body: route.method == .get ? nil : "{",
                            to: Self.door(route, daemon))
                        expectError(reply, 403, "insufficient_scope", "\(route.name)")
                        #expect(reply.json["required"]?.text == scope.text)
                        #expect(Set(reply.json["actual"]?.texts ?? []) == others)
                        guard route.method != .get else { continue }
                        let large = try await daemon.send(
                            route.method.rawValue, Self.target(route.path), [("x-api-key", key)],
                            body: String(repeating: "x", count: 70_000),
                            to: Self.door(route, daemon))
                        expectError(large, 413, "body_too_large", route.path)
                    }
                }
            }
        }

        @Test("answers a caller that has exactly what it asks for as it says it does")
        func exactScope() async throws {
            try await withDaemon { daemon in
                let maker = RequestMaker(daemon: daemon)
                let document = try await daemon.admin("GET", "/v1/openapi.json").json
                for route in Self.routes {
                    let credential = try await Self.credential(route, daemon)
                    let isOperation = Self.isOperation(route)
                    let owner = RequestMaker.Owner.organisation(daemon.authority.firstOrganisation)
                    // The operator shows no credential, and a credential makes nobody the operator.
                    if isOperation {
                        expectError(try await maker.send(route, naming: owner, key: nil, [credential]), 403, "peer_not_allowed")
                    }
                    let reply = try await maker.send(route, naming: owner, key: nil, isOperation ? [] : [credential])
                    let answer = try #require(route.answers.first)
                    #expect(reply.status == answer.status.code, "\(route.name): \(reply.text)")
                    let operation = document["paths"]?[route.path]?[route.method.rawValue.lowercased()]
                    Self.expectConforming(reply, operation?["responses"]?["\(reply.status)"] ?? .null, document, route.name)
                }
            }
        }

        private static func isOperation(_ route: Route) -> Bool {
            if case .operation = route.access { true } else { false }
        }

        /// The answer has the headers and the body that the document says.
        private static func expectConforming(_ reply: Reply, _ response: JSON, _ document: JSON, _ name: String) {
            guard case .object(let headers)? = response["headers"] else {
                Issue.record("\(name) \(reply.status) is not in the document")
                return
            }
            for (header, facts) in headers where facts["required"]?.flag == true {
                #expect(reply[header.lowercased()] != nil, "\(name): \(header)")
            }
            let type = reply["content-type"].map { String($0.prefix { $0 != ";" }) } ?? ""
            guard let contents = response["content"] else {
                #expect(reply.body.isEmpty, "\(name)")
                return
            }
            let content = contents[type]
            #expect(content != nil, "\(name): \(reply["content-type"] ?? "no content type")")
            guard let schema = content?["schema"], type == "application/json" else { return }
            #expect(SchemaCheck(document: document).faults(reply.json, schema) == [], "\(name)")
        }

        @Test("says of another organisation's things, byte for byte, what it says of things that nobody has")
        func otherOrganisation() async throws {
            try await withDaemon { daemon in
                let other = try await daemon.neighbour.orgId
                let maker = RequestMaker(daemon: daemon)
                // Signing keys are the install's.
                for route in Self.protected where RequestMaker.namesAnything(route) && !Self.isOperation(route) {
                    let key = try await Self.key(Self.exact(route), daemon)
                    var replies: [Reply] = []
                    for owner in [RequestMaker.Owner.organisation(other), .nobody] {
                        replies.append(try await maker.send(route, naming: owner, key: key, [("x-request-id", "same")]))
                    }
                    #expect(
                        replies[0].status == replies[1].status && replies[0].body == replies[1].body, "\(route.name): \(replies[0].text)")
                    let names = replies.map { $0.headers.map { "\($0.name): \($0.value)" }.filter { !$0.hasPrefix("date:") } }
                    #expect(names[0] == names[1], "\(route.name)")
                    let isNothing = replies[0].status == 404 || replies[0].text == "null" || replies[0].json["valid"]?.flag == false
                    #expect(isNothing, "\(route.name) finds something: \(replies[0].text)")
                }
            }
        }

        /// Shows a caller that has what a route asks for and nothing more.
        private static func credential(_ route: Route, _ daemon: TestDaemon) async throws -> (String, String) {
            guard case .identity = route.access else { return ("x-api-key", try await key(exact(route), daemon)) }
            return try await daemon.pair(daemon.identity("relayfile:fs:read:*", name: "caller"), #""audience":["relayauth"]"#).bearer
        }

        /// What a caller needs for a route and nothing more; something else where any credential will do.
        private static func exact(_ route: Route) -> [String] {
            route.access.scopes.isEmpty ? ["relayfile:fs:read:*"] : route.access.scopes.map(\.text)
        }

        private static func key(_ scopes: [String], _ daemon: TestDaemon) async throws -> String {
            let body = "{\"name\":\"k\",\"scopes\":\(TestDaemon.list(scopes))}"
            return try TestDaemon.key(await daemon.admin("POST", "/v1/api-keys", body: body)).secret
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
                    let reply = try await RequestMaker(daemon: daemon).send(
                        route, naming: .organisation(daemon.authority.firstOrganisation), key: nil)
                    #expect(reply.status == route.answers[0].status.code, "\(route.name): \(reply.text)")
                }
            }
        }
    }
}
