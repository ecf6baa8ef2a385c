@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Authorization")
struct AuthorizationTests {
    /// Who calls with a token that is meant for somebody else, as the routes of authorization take it.
    private func bearer(_ install: Install, _ scopes: [String], _ audience: [String]) async throws -> Caller {
        let identity = try await install.identity("worker \(audience)", scopes)
        let pair = try await install.issue(identity) { $0.audience = audience }
        return try Caller(install.authority.authenticate(token: pair.accessToken.text, audiences: nil), RequestOrigin())
    }

    struct Audience: Sendable, CustomTestStringConvertible {
        let audience: [String]
        let scope: String
        let isMeant: Bool
        var testDescription: String { "\(audience) about \(scope)" }

        static let all: [Audience] = [
            .init(audience: ["relayauth"], scope: "relayfile:fs:read:/a", isMeant: true),
            .init(audience: ["relayauth"], scope: "relayauth:audit:read:*", isMeant: true),
            .init(audience: ["relayfile"], scope: "relayfile:fs:read:/a", isMeant: true),
            .init(audience: ["x", "relayfile"], scope: "relayfile:fs:read:/a", isMeant: true),
            .init(audience: ["relayfile"], scope: "cloud:run:invoke:*", isMeant: false),
            .init(audience: ["relayfile"], scope: "relayauth:audit:read:*", isMeant: false),
            .init(audience: ["relayfile"], scope: "*:*:*:*", isMeant: false),
            .init(audience: ["relayfil"], scope: "relayfile:fs:read:/a", isMeant: false),
            .init(audience: ["relayfilex"], scope: "relayfile:fs:read:/a", isMeant: false),
            .init(audience: ["RELAYFILE"], scope: "relayfile:fs:read:/a", isMeant: false),
            .init(audience: ["https://relayauth"], scope: "relayauth:audit:read:*", isMeant: false),
        ]
    }

    @Test("takes a token for this API, or for the plane that is asked about", arguments: Audience.all)
    func audience(_ row: Audience) async throws {
        let install = try Install()
        for scopes in [["*"], ["relaycast:channel:send:*"]] {
            let caller = try await bearer(install, scopes, row.audience + (scopes == ["*"] ? [] : ["again"]))
            let expected: AuthorityError.Code? = !row.isMeant ? .invalidToken : scopes == ["*"] ? nil : .insufficientScope
            #expect(await refusal { try install.authority.authorize(row.scope, by: caller) }?.code == expected)
        }
        // A key is meant for nobody in particular.
        let key = try await install.caller(install.key(["*"]))
        #expect(try install.authority.authorize(row.scope, by: key).text == "*:*:*:*")
    }

    @Test("gives its refusals in the contract's order: form, audience, organisation, scope")
    func order() async throws {
        let install = try Install()
        let authority = install.authority
        let stranger = try await bearer(install, ["cloud:run:invoke:*"], ["cloud"])
        func code(_ scope: String, _ organisation: String?) async -> AuthorityError.Code? {
            let caller = Caller(stranger.principal, stranger.origin, named: organisation)
            return await refusal { try authority.authorize(scope, by: caller) }?.code
        }
        #expect(await code("relayfile:fs:reed", "org_x") == .invalidScope)
        #expect(await code("relayfile:fs:read:/a", "org_x") == .invalidToken)
        #expect(await code("cloud:run:trigger:*", "org_x") == .organisationMismatch)
        #expect(await code("cloud:run:trigger:*", nil) == .insufficientScope)
        #expect(await code("cloud:run:invoke:nightly", nil) == nil)
        let named = Caller(stranger.principal, stranger.origin, named: "org_x")
        #expect(await refusal { try authority.authorize(path: "/a", action: "reed", by: named) }?.code == .invalidScope)
        #expect(await refusal { try authority.authorize(path: "/a", action: "read", by: stranger) }?.code == .invalidToken)
    }

    @Test("says which scope is needed and what is held, and counts the denial")
    func denied() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(["relayfile:fs:read:/docs/*"]))
        let error = await refusal { try install.authority.authorize("relayfile:fs:write:/docs//a", by: caller) }
        #expect(error?.code == .insufficientScope && error?.text("required") == "relayfile:fs:write:/docs/a")
        #expect(error?.list("actual") == ["relayfile:fs:read:/docs/*"])
        await install.authority.flush(all: true)
        let entry = try #require(try install.audit(.scopeDenied).first)
        #expect(entry.result == .denied && entry.plane == "relayfile" && entry.resource == "fs")
        #expect(entry.metadata["reason"] == "relayfile:fs:write:/docs/a")
    }

    struct Way: Sendable, CustomTestStringConvertible {
        let held: [String]
        let asked: String
        let matched: String?
        let way: ScopeVerdict.Way?
        var testDescription: String { "\(held) for \(asked)" }

        init(_ held: [String], _ asked: String, _ matched: String?, _ way: ScopeVerdict.Way?) {
            self.held = held
            self.asked = asked
            self.matched = matched
            self.way = way
        }

        static let all: [Way] = [
            Way(["relayfile:fs:read:/a"], "relayfile:fs:read:/a", "relayfile:fs:read:/a", .exact),
            Way(["relayfile:fs:read"], "relayfile:fs:read:*", "relayfile:fs:read:*", .exact),
            Way(["*"], "*", "*:*:*:*", .exact),
            Way(["relayfile:fs:manage:/a"], "relayfile:fs:manage:/a", "relayfile:fs:manage:/a", .exact),
            Way(["relayfile:fs:manage:/a"], "relayfile:fs:delete:/a", "relayfile:fs:manage:/a", .manage),
            Way(["relayfile:fs:manage:*"], "relayfile:fs:read:/a", "relayfile:fs:manage:*", .manage),
            Way(["relayfile:fs:manage:*"], "relayfile:fs:manage:/a", "relayfile:fs:manage:*", .wildcard),
            Way(["relayfile:fs:read:/docs/*"], "relayfile:fs:read:/docs/a", "relayfile:fs:read:/docs/*", .wildcard),
            Way(["relayfile:fs:*:/a"], "relayfile:fs:run:/a", "relayfile:fs:*:/a", .wildcard),
            Way(["*:fs:read:/a"], "relayfile:fs:read:/a", "*:fs:read:/a", .wildcard),
            Way(["cloud:run:read:*", "relayfile:*:read:*", "*"], "relayfile:fs:read:/a", "relayfile:*:read:*", .wildcard),
            Way(["relayfile:fs:manage:*"], "relayfile:fs:run:/a", nil, nil),
            Way(["relayfile:fs:read:/docs/*"], "relayfile:fs:read:/docsets/a", nil, nil),
            Way(["relayfile:fs:read:/docs/*"], "relayfile:fs:read", nil, nil),
            Way([], "relayfile:fs:read:/a", nil, nil),
        ]
    }

    @Test("of an identity says by which of its scopes, and how", arguments: Way.all)
    func ways(_ row: Way) async throws {
        let install = try Install()
        let identity = try await install.identity("worker", row.held)
        func check() throws -> ScopeVerdict {
            try install.authority.check(row.asked, of: identity.id, by: install.admin)
        }
        #expect(try check().matched?.text == row.matched)
        #expect(try check().way == row.way)
        for fate in [Fate.suspend, .retire] {
            try await fate.meet(identity.id, in: install)
            #expect(try check().matched == nil && check().way == nil)
        }
    }

    @Test("of an unknown or foreign identity is refused alike")
    func unknown() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let theirs = try await install.identity("worker", by: other)
        for id in [theirs.id, "agent_00000000000000000000000000", "", "tok_00000000000000000000000000"] {
            let check = { try install.authority.check("*", of: id, by: install.admin) }
            #expect(await refusal(#_sourceLocation, check)?.code == .identityNotFound)
        }
        let named = Caller(try install.admin.principal, RequestOrigin(), named: other.principal.organisation)
        #expect(await refusal { try install.authority.check("x", of: "", by: named) }?.code == .invalidScope)
        #expect(await refusal { try install.authority.check("*", of: "", by: named) }?.code == .organisationMismatch)
    }
}
