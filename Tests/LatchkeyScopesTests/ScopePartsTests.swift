import LatchkeyScopes
import Testing

@Suite struct `A scope of parts` {
    private func file(_ path: String, action: String = "read") throws(ScopeError) -> Scope {
        try Scope(plane: "relayfile", resource: "fs", action: action, path: path)
    }

    @Test func `is the scope of the joined text`() throws {
        #expect(try file("/docs/a") == Scope("relayfile:fs:read:/docs/a"))
        #expect(try file("//docs//a").text == "relayfile:fs:read:/docs/a")
        #expect(try Scope(plane: "*", resource: "*", action: "*", path: "*") == Scope("*"))
    }

    @Test(arguments: ["/docs/a b", "/docs/ ", "/docs/a:b", "/docs/:", "/docs/a: b:c"])
    func `may hold spaces and colons in its path`(path: String) throws {
        let scope = try file(path)
        #expect(scope.path == path)
        #expect(scope.action == "read")
        #expect(try Scope("relayfile:fs:read:/docs/*").covers(scope))
        #expect(try !Scope("relayfile:fs:read:/other/*").covers(scope))
        #expect(throws: ScopeError.self) { try Scope(scope.text) }
        #expect(Scope.trusted(stored: scope.text) == nil)
    }

    @Test(arguments: [
        ("", ScopeError.Code.emptySegment), ("docs", .relativePath), (" /docs", .relativePath), ("/docs/../a", .dotSegment),
        ("/..", .dotSegment),
        ("/a/\\b", .backslash), ("/%2E%2e/a", .encodedCharacter), ("/a%2fb", .encodedCharacter), ("/a%5Cb", .encodedCharacter),
        ("/a\u{0}", .forbiddenCharacter), ("/a\tb", .forbiddenCharacter), ("/a\nb", .forbiddenCharacter),
        ("/a\u{A0}b", .forbiddenCharacter),
        ("/a\u{200B}", .forbiddenCharacter), ("/a\u{202E}b", .forbiddenCharacter), ("/a\u{2028}b", .forbiddenCharacter),
        ("/**", .doubleWildcard), ("/a*", .misplacedWildcard), ("/*/a", .misplacedWildcard), ("/a/*:b", .misplacedWildcard),
    ])
    func `keeps all other rules of paths`(path: String, code: ScopeError.Code) throws {
        let error = try #require(throws: ScopeError.self) { try file(path) }
        #expect(error.code == code)
    }

    @Test func `is as long as a text may be`() throws {
        let most = "/" + String(repeating: "a", count: 256 - "relayfile:fs:read:/".utf8.count)
        #expect(try file(most).text.utf8.count == 256)
        let error = try #require(throws: ScopeError.self) { try file(most + "a") }
        #expect(error.code == .tooLong)
        #expect(error.scope.utf8.count == 256)
    }

    @Test func `never lets a colon move a boundary`() throws {
        let cases: [(String, String, String, ScopeError.Code)] = [
            ("relayfile:fs", "read", "read", .unknownPlane), ("relayfile", "fs:read", "read", .invalidResource),
            ("relayfile", "fs", "read:/docs", .unknownAction), (":", "fs", "read", .unknownPlane),
            ("relayfile", "*:*", "*", .invalidResource),
        ]
        for (plane, resource, action, code) in cases {
            let error = try #require(throws: ScopeError.self) {
                try Scope(plane: plane, resource: resource, action: action, path: "/a")
            }
            #expect(error.code == code)
        }
    }

    @Test func `has no spaces in its other parts`() throws {
        for (plane, resource, action) in [("relayfile ", "fs", "read"), ("relayfile", "f s", "read"), ("relayfile", "fs", " read")] {
            let error = try #require(throws: ScopeError.self) {
                try Scope(plane: plane, resource: resource, action: action, path: "/a")
            }
            #expect(error.code == .forbiddenCharacter)
        }
    }

    @Test func `suggests the known word beside its own`() throws {
        let error = try #require(throws: ScopeError.self) { try file("/a b", action: "raed") }
        #expect(error.code == .unknownAction)
        #expect(error.suggestion == "relayfile:fs:read:/a b")
    }

    @Test func `gets no suggestion that reads one of its parts as two`() throws {
        let error = try #require(throws: ScopeError.self) { try Scope(plane: "cloud:doc", resource: "read", action: "raed", path: "a") }
        #expect(error.code == .unknownPlane)
        #expect(error.suggestion == nil)
    }

    @Test func `is not quoted in a message when a part is enormous`() throws {
        let plane = String(repeating: "a:", count: 30_000)
        let error = try #require(throws: ScopeError.self) { try Scope(plane: plane, resource: "fs", action: "read", path: "/a") }
        #expect(error.code == .tooLong)
        #expect(error.message.utf8.count < 300)
    }
}
