import LatchkeyScopes
import Testing

@Suite struct `A route's name` {
    @Test(arguments: [
        ("POST /v1/identities", "POST", "/v1/identities"), ("head /v1/keys?x=y", "GET", "/v1/keys"), ("  GET   /v1/a#b ", "GET", "/v1/a"),
    ])
    func `is a method and a path`(text: String, method: String, path: String) {
        #expect(RouteName(text) == RouteName(method: method, path: path))
    }

    @Test(arguments: ["", "GET", "/v1/x", "GET v1/x", "GET /a /b", "G-T /a"]) func `is nothing else`(text: String) {
        #expect(RouteName(text) == nil)
    }

    @Test func `calls a literal path before one with a parameter`() {
        let routes = [RouteName("GET /v1/tokens/{identityId}"), RouteName("GET /v1/tokens/introspect")].compactMap(\.self)
        let found = { (text: String) in RouteName(text)?.find(in: routes) { $0 }?.path }
        #expect(found("GET /v1/tokens/introspect") == "/v1/tokens/introspect")
        #expect(found("GET /v1/tokens/agent_1") == "/v1/tokens/{identityId}")
        #expect(found("GET /v1/tokens/{identityId}") == "/v1/tokens/{identityId}")
        for other in ["POST /v1/tokens/introspect", "GET /v1/tokens/", "GET /v1/tokens/a/b", "GET /v1/tokens"] {
            #expect(found(other) == nil)
        }
    }

    @Test(arguments: [
        ("POST /v1/identites", "POST /v1/identities"), ("GET /v1/identitys", "GET /v1/identities"),
        ("DELETE /v1/identities", "GET /v1/identities"), ("PUT /v1/identities/agent_1", "GET /v1/identities/{id}"),
        ("POST /v1/identities/agent_01ARZ3NDEKTSV4RRFFQ69G5FAV/supend", "POST /v1/identities/{id}/suspend"),
        ("POST /identities", "POST /v1/identities"),
    ])
    func `that is not known has a nearest one`(asked: String, meant: String) throws {
        #expect(Example.known.nearest(to: try #require(RouteName(asked)))?.description == meant)
    }

    @Test func `that is far from all has none`() throws {
        #expect(Example.known.nearest(to: try #require(RouteName("GET /completely/different/thing"))) == nil)
        #expect(Example.known.nearest(to: try #require(RouteName("GET /" + String(repeating: "x", count: 10_000)))) == nil)
    }
}

@Suite struct `The promises of a profile` {
    private func promises(
        _ routes: [String] = [], files: [(String, String)] = [], _ scopes: [String] = []
    ) throws -> Promises {
        let profile = try Profile(
            name: "p", routes: routes.compactMap { RouteName($0) }, files: files.map { try Profile.FileUse(action: $0.0, path: $0.1) },
            scopes: scopes.map { try Scope(onAnyPlane: $0) })
        return try Promises(profile, of: Example.known)
    }

    @Test func `take what the routes, files and other services ask for`() throws {
        let promises = try promises(
            ["POST /v1/identities", "GET /health"], files: [("read", "/docs//a/*"), ("write", "/docs/b")], ["relaycast:channel:send"])
        #expect(
            promises.all.map(\.text) == [
                "POST /v1/identities", "GET /health", "read /docs/a/*", "write /docs/b", "relaycast:channel:send:*",
            ])
        #expect(
            promises.all.map { $0.scopes.map(\.text) } == [
                ["relayauth:identity:manage:*"], [], ["relayfile:fs:read:/docs/a/*"], ["relayfile:fs:write:/docs/b"],
                ["relaycast:channel:send:*"],
            ])
        #expect(
            promises.scopes.texts == [
                "relayauth:identity:manage:*", "relayfile:fs:read:/docs/a/*", "relayfile:fs:write:/docs/b", "relaycast:channel:send:*",
            ])
    }

    @Test(arguments: [
        (["GET /v1/identities", "POST /v1/identities"], ["relayauth:identity:manage:*"]),
        (["POST /v1/identities", "GET /v1/identities"], ["relayauth:identity:manage:*"]),
        (["GET /v1/identities", "GET /v1/identities/{id}"], ["relayauth:identity:read:*"]),
        (["POST /v1/identities/{id}/sub-agents"], ["relayauth:identity:manage:*", "relayauth:token:create:*"]),
        (["GET /health"], []),
    ])
    func `take no scope that another one covers`(routes: [String], scopes: [String]) throws {
        #expect(try promises(routes).scopes.texts == scopes)
    }

    @Test func `are kept by their scopes, and not by any fewer`() throws {
        let paths = ["*", "/*", "/a/*", "/a/b", "/a/b/*", "/ab"]
        let actions = ["read", "write", "manage", "*", "run"]
        for seed in SeededGenerator.seeds {
            var random = SeededGenerator(seed: seed)
            for _ in 0..<40 {
                let uses = (0..<Int.random(in: 1...6, using: &random)).map { _ in (random.pick(actions), random.pick(paths)) }
                let promises = try promises(["GET /v1/identities"], files: uses, ["*:*:read:/a/*"])
                #expect(promises.unmet(by: promises.scopes).isEmpty)
                for scope in promises.scopes.scopes {
                    let fewer = ScopeSet(promises.scopes.scopes.filter { $0 != scope })
                    #expect(!promises.unmet(by: fewer).isEmpty, "\(scope) is not needed for \(uses)")
                }
            }
        }
    }

    @Test func `that are not kept are told with what is missing`() throws {
        let promises = try promises(["POST /v1/identities/{id}/sub-agents", "GET /v1/identities"], files: [("read", "/docs/*")])
        let unmet = promises.unmet(by: try ScopeSet.parse(["relayauth:identity:manage", "relayfile:fs:read:/docs/a"]))
        #expect(unmet.map(\.promise.text) == ["POST /v1/identities/{id}/sub-agents", "read /docs/*"])
        #expect(unmet.map { $0.missing.map(\.text) } == [["relayauth:token:create:*"], ["relayfile:fs:read:/docs/*"]])
        #expect(promises.unmet(by: ScopeSet([])).count == 3)
    }

    @Test func `name only routes that are there and that a service can call`() {
        #expect(throws: ProfileError(.unknownRoute, "")) { try promises(["POST /v1/identites"]) }
        #expect { try promises(["POST /v1/identites"]) } throws: { "\($0)".contains("did you mean \"POST /v1/identities\"?") }
        #expect(throws: ProfileError(.needsIdentity, "")) { try promises(["POST /api/v1/keys"]) }
    }

    @Test func `take at most as many scopes as a key can hold`() throws {
        #expect(try promises([], files: (0..<100).map { ("read", "/\($0)") }).scopes.scopes.count == 100)
        #expect(throws: ProfileError(.tooManyScopes, "")) { try promises([], files: (0..<101).map { ("read", "/\($0)") }) }
    }

    @Test(arguments: ["raed", "", "read:/x", "READ", "admin"]) func `are of actions that are known`(action: String) {
        #expect(throws: ProfileError(.unknownAction, "")) { try Profile.FileUse(action: action, path: "/a") }
    }

    @Test func `about an action one edit away say which one was meant`() {
        #expect { try Profile.FileUse(action: "raed", path: "/a") } throws: { "\($0)".contains("did you mean \"read\"?") }
    }

    @Test(arguments: ["docs", "", "/a:b", "/a b", "/../a", "/a*"]) func `are of paths that are some`(path: String) {
        #expect(throws: ProfileError(.invalidScope, "")) { try Profile.FileUse(action: "read", path: path) }
    }

    @Test(arguments: ["", "a b", "-a", ".a", "a/b", "é", String(repeating: "a", count: 101)]) func `have a plain name`(name: String) {
        #expect(throws: ProfileError(.invalidName, "")) { try Profile(name: name, scopes: [Scope("*")]) }
    }

    @Test func `are some`() { #expect(throws: ProfileError(.promisesNothing, "")) { try Profile(name: "p") } }

    @Test func `may be of a plane that only the daemon knows, and of no other form`() throws {
        #expect(try Scope(onAnyPlane: "printer:page:read").text == "printer:page:read:*")
        for text in ["Printer:page:read", ":page:read", "print er:page:read", "printer:page:raed", "printer:page"] {
            #expect(throws: ScopeError.self) { try Scope(onAnyPlane: text) }
        }
    }
}

private enum Example {
    static let known = KnownRoutes(
        [
            ("GET /health", .scopes([])), ("GET /v1/identities", scopes("relayauth:identity:read:*")),
            ("POST /v1/identities", scopes("relayauth:identity:manage:*")),
            ("GET /v1/identities/{id}", scopes("relayauth:identity:read:*")),
            ("POST /v1/identities/{id}/suspend", scopes("relayauth:identity:manage:*")),
            ("POST /v1/identities/{id}/sub-agents", scopes("relayauth:identity:manage:*", "relayauth:token:create:*")),
            ("POST /api/v1/keys", .identity),
        ].map { KnownRoutes.Entry(RouteName($0.0)!, needs: $0.1) })

    private static func scopes(_ texts: String...) -> KnownRoutes.Need { .scopes(texts.compactMap { Scope.trusted(stored: $0) }) }
}
