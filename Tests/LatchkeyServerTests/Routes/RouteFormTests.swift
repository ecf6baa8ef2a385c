import HTTPTypes
import LatchkeyAuthority
@testable import LatchkeyServer
import Testing

extension ServerTests {
    /// What targets mean, whatever route they lead to.
    @Suite("A request's target")
    struct RouteFormTests {
        @Test(
            "tells only to who may ask that an id is none",
            arguments: ["%zz", "%", "%ff", "%00", "%2f", "a%2fb", "x", "AK_", "agent_1", "%20"])
        func strangeIds(_ id: String) async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                let weak = try await daemon.key("relayfile:fs:read:*")
                for (method, target, code) in [
                    ("GET", "/v1/api-keys/\(id)", "api_key_not_found"), ("POST", "/v1/api-keys/\(id)/revoke", "api_key_not_found"),
                    ("POST", "/v1/api-keys/\(id)/rotate", "api_key_not_found"), ("DELETE", "/org/tokens/\(id)", "org_token_not_found"),
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
                let key = try await daemon.key("*")
                let maker = RequestMaker(daemon: daemon)
                for route in RouteTable.api.routes where route.method == .get && !route.isMaking {
                    let owner = RequestMaker.Owner.organisation(daemon.authority.firstOrganisation)
                    let made = try await maker.request(route, naming: owner)
                    let isEndless = RequestMaker.isEndless(route)
                    func ask(_ method: String) async throws -> Reply {
                        try await daemon.send(
                            method, made.target, route.isSocketOnly ? [] : [("x-api-key", key.secret)],
                            to: route.isSocketOnly ? daemon.socket : daemon.tcp,
                            headOnly: isEndless)
                    }
                    // A key's last use may be written down between two answers.
                    let (before, head, after) = (try await ask("GET"), try await ask("HEAD"), try await ask("GET"))
                    #expect(before.status == 200, "\(route.path) \(before.text)")
                    #expect(head.status == 200 && head.body.isEmpty, "\(route.path)")
                    let lengths = [before, after].map { isEndless ? nil : String($0.body.count) }
                    // Figures are never twice the same.
                    #expect(route.name == "getMetrics" || lengths.contains { $0 == head["content-length"] }, "\(route.path)")
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
                "/v1/api-keys/rotate/ak_0", "/org", "/org/", "/org/tokens/a/b", "/v1/org/tokens", "/api", "/api/v1/", "/api/v1/keys/",
                "/api/v1/keys/a",
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
