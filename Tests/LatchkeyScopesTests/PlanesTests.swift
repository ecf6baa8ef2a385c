import LatchkeyScopes
import Testing

@Suite struct `The planes` {
    @Test func `are the four built in, and those that are added`() throws {
        #expect(Planes.builtIn.names == ["relayauth", "relayfile", "relaycast", "cloud"])
        #expect(try Planes() == Planes.builtIn)
        #expect(try Planes(additional: ["site-a", "cloud", "x1", "site-a"]).names == Planes.builtIn.names + ["site-a", "x1"])
    }

    @Test func `contain their names and nothing like them`() throws {
        let planes = try Planes(additional: ["site-a"])
        for name in planes.names { #expect(planes.contains(name)) }
        for name in ["*", "", "Cloud", "cloud ", "clou", "clouds", "site", "site-a\u{301}"] { #expect(!planes.contains(name)) }
    }

    @Test(arguments: [
        "", "*", "Site", "1site", "site-", "-site", "a--b", "a_b", "a b", "a:b", "a.b", "s\u{ED}te", "site\n",
        String(repeating: "A", count: 400),
    ])
    func `have the form of a resource`(name: String) throws {
        let error = try #require(throws: ScopeError.self) { try Planes(additional: [name]) }
        #expect(error.code == .invalidPlaneName)
        #expect(error.scope.utf8.count <= 256)
    }

    @Test func `decide which scopes there are`() throws {
        let planes = try Planes(additional: ["site-a"])
        let scope = try Scope("site-a:fs:read:/a//b", planes: planes)
        #expect(scope.path == "/a//b")
        #expect(throws: ScopeError.self) { try Scope("site-a:fs:read") }
        let error = try #require(throws: ScopeError.self) { try Scope("sitea:door:run", planes: planes) }
        #expect(error.suggestion == "site-a:door:run:*")
        #expect(error.message.contains("site-a,") || error.message.contains("site-a and"))
    }
}

@Suite struct `The known words` {
    @Test func `are next to a word that is one edit away`() {
        for near in ["rread", "reead", "raed", "rea", "ead", "red", "reed", "rrad", "read1", "erad", "re\u{430}d"] {
            #expect(KnownWords.nearest(to: near, among: ["write", "read"]) == "read")
        }
        for far in ["read", "", "re", "rd", "raedx", "daer", "deer", "eadr", "readxy", "wirtte"] {
            #expect(KnownWords.nearest(to: far, among: ["write", "read"]) == nil)
        }
    }

    @Test func `are the nine actions and the resources of each plane`() {
        #expect(KnownWords.actions == ["read", "write", "create", "delete", "manage", "run", "send", "invoke", "trigger"])
        #expect(KnownWords.resources(of: "relayfile") == ["fs"])
        #expect(KnownWords.resources(of: "relayauth").contains("api-key"))
        #expect(KnownWords.resources(of: "cloud").isEmpty)
        #expect(KnownWords.resources(of: "*") == KnownWords.resources(of: "relayauth") + ["fs"])
    }

    @Test func `never put a star in the place of a letter`() throws {
        for text in ["x:doc:read", "cloud:X:read", "cloud:doc:x"] {
            let error = try #require(throws: ScopeError.self) { try Scope(text) }
            #expect(error.suggestion == nil)
            #expect(!error.message.contains("did you mean"))
        }
    }
}

@Suite struct `An error of scopes` {
    @Test func `is equal to another of the same code`() throws {
        let one = try #require(throws: ScopeError.self) { try Scope("cloud:doc:fly") }
        let other = try #require(throws: ScopeError.self) { try Scope("cloud:doc:swim") }
        let third = try #require(throws: ScopeError.self) { try Scope("cloud") }
        #expect(one == other)
        #expect(one != third)
    }

    @Test func `cuts an oversized text between characters`() throws {
        let text = "cloud:doc:read:" + String(repeating: "\u{20AC}", count: 200)
        let error = try #require(throws: ScopeError.self) { try Scope(text) }
        #expect(error.code == .tooLong)
        #expect(error.scope.utf8.count == 255)
        #expect(text.utf8.starts(with: error.scope.utf8))
        #expect(error.message.utf8.count < 200)
    }

    @Test func `answers an enormous text at once`() throws {
        let error = try #require(throws: ScopeError.self) { try Scope(String(repeating: ":", count: 1_000_000)) }
        #expect(error.code == .tooLong)
    }
}
