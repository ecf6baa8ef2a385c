import LatchkeyScopes
import Testing

@Suite struct `A set of scopes` {
    @Test func `keeps the order and drops duplicates of the normalised form`() throws {
        let set = try ScopeSet.parse(["cloud:doc:read", "relayfile:fs:read://a//b", "cloud:doc:read:*", "relayfile:fs:read:/a/b", "*"])
        #expect(set.texts == ["cloud:doc:read:*", "relayfile:fs:read:/a/b", "*:*:*:*"])
        #expect(set.scopes.map(\.text) == set.texts)
        #expect(try ScopeSet([Scope("cloud:doc:read"), Scope("cloud:doc:read:*")]).texts == ["cloud:doc:read:*"])
    }

    @Test func `keeps texts that differ in their bytes alone`() throws {
        let set = try ScopeSet.parse(["cloud:doc:read:caf\u{E9}", "cloud:doc:read:cafe\u{301}"])
        #expect(set.scopes.count == 2)
        #expect(set.scopes[0] != set.scopes[1])
    }

    @Test func `is empty and grants nothing without scopes`() throws {
        let empty = try ScopeSet.parse([])
        #expect(empty.isEmpty && empty.planes.isEmpty && empty.texts.isEmpty)
        #expect(try !empty.covers(Scope("cloud:doc:read:a")))
        #expect(try empty.match(Scope("*")) == nil)
        #expect(empty.isSubset(of: empty))
    }

    @Test func `takes a hundred texts and no more, repeated ones counted`() throws {
        let hundred = (1...100).map { "cloud:doc:read:\($0)" }
        #expect(try ScopeSet.parse(hundred).scopes.count == 100)
        for extra in ["cloud:doc:read:101", "cloud:doc:read:1"] {
            let error = try #require(throws: ScopeError.self) { try ScopeSet.parse(hundred + [extra]) }
            #expect(error.code == .tooMany)
            #expect(error.scope == "")
            #expect(error.message.contains("100"))
        }
    }

    @Test func `is refused with the first text that is not a scope`() throws {
        let error = try #require(throws: ScopeError.self) { try ScopeSet.parse(["cloud:doc:read", "cloud:doc:raed", ""]) }
        #expect(error.code == .unknownAction)
        #expect(error.scope == "cloud:doc:raed")
    }

    @Test func `knows added planes`() throws {
        let planes = try Planes(additional: ["site-a"])
        #expect(try ScopeSet.parse(["site-a:door:run:north"], planes: planes).planes == ["site-a"])
        #expect(throws: ScopeError.self) { try ScopeSet.parse(["site-a:door:run:north"]) }
    }

    @Test func `names the grant that covers a request`() throws {
        let set = try ScopeSet.parse(["cloud:doc:write", "cloud:*:read", "*:doc:read"])
        #expect(try set.match(Scope("cloud:doc:read:a"))?.text == "cloud:*:read:*")
        #expect(try set.match(Scope("cloud:doc:delete:a")) == nil)
    }

    @Test func `is cut to what another covers, scope by scope`() throws {
        let asked = try ScopeSet.parse(["cloud:doc:read", "relayfile:fs:read:/docs/a", "*", "relayfile:fs:write:/docs/a"])
        let holder = try ScopeSet.parse(["cloud:doc:manage", "relayfile:fs:read:/docs/*"])
        #expect(asked.cut(to: holder).texts == ["cloud:doc:read:*", "relayfile:fs:read:/docs/a"])
        #expect(asked.cut(to: ScopeSet([])).isEmpty)
        #expect(ScopeSet([]).cut(to: asked).isEmpty)
        #expect(asked.cut(to: asked) == asked)
    }

    @Test func `lists its planes in the order they first appear, a star as a star`() throws {
        let set = try ScopeSet.parse(["cloud:a:read", "relayauth:token:read", "*:a:read", "cloud:b:read"])
        #expect(set.planes == ["cloud", "relayauth", "*"])
    }

    @Test func `reads back what it stored, whole or not at all`() throws {
        let set = try ScopeSet.parse(["cloud:doc:read", "relayfile:fs:read:/docs/*", "*"])
        #expect(ScopeSet.trusted(stored: set.texts) == set)
        #expect(ScopeSet.trusted(stored: []) == ScopeSet([]))
        #expect(ScopeSet.trusted(stored: set.texts + ["cloud:doc:read"]) == nil)
        #expect(ScopeSet.trusted(stored: set.texts + ["cloud:doc:fly:*"]) == nil)
        #expect(ScopeSet.trusted(stored: Array(repeating: "cloud:doc:read:*", count: 101)) == nil)
    }
}

@Suite struct `A trusted text` {
    @Test func `may name a plane that is no longer configured, in the form of one`() {
        #expect(Scope.trusted(stored: "site-a:door:run:*")?.plane == "site-a")
        for text in ["Site:door:run:*", "site_a:door:run:*", "site-:door:run:*", "site*:door:run:*"] {
            #expect(Scope.trusted(stored: text) == nil)
        }
    }

    @Test func `of another plane covers nothing of the known ones`() throws {
        let grant = try #require(Scope.trusted(stored: "site-a:*:*:*"))
        #expect(try !grant.covers(Scope("cloud:doc:read:a")))
        #expect(try !grant.covers(Scope("*")))
    }
}
