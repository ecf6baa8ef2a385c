import LatchkeyAuthority
import LatchkeyScopes
@testable import LatchkeyServer
import Testing

/// Every code that the domain can refuse with.
enum AuthorityCodes {
    static let all = AuthorityError.Code.allCases.map(\.rawValue)
}

@Suite("Patterns of the OpenAPI document")
struct WordTests {
    @Test("Text for people is described as it is checked, over all of the basic plane")
    func invisible() {
        var listed: Set<UInt32> = []
        for range in Invisible.ranges { listed.formUnion(range) }
        for value in UInt32(0)...0xFFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isRefused = (try? DisplayText.normalised("a" + String(scalar), field: "name", scalars: 1...10)) == nil
            // What normalises to something else is judged by that.
            if isRefused != listed.contains(value) { Issue.record("U+\(String(value, radix: 16))") }
        }
    }

    private static func isMatch(_ text: String, _ schema: Schema) throws -> Bool {
        let check = SchemaCheck(document: .null)
        return check.faults(.string(text), try JSON(schema.json.bytes)).isEmpty
    }

    @Test(
        "A scope that is one is described as one",
        arguments: [
            "*", "*:*:*", "*:*:*:*", "relayauth:api-key:read", "relayauth:api-key:read:*", "relayauth:api-key:manage:ak_1",
            "relayfile:fs:read:/docs/*", "relayfile:fs:read:/", "relayfile:fs:read:/.config/é", "relayfile:*:write:/a", "*:fs:read:/a/b",
            "relayfile:fs:read:/...", "relayfile:fs:read:/..a/.b/c./d..e//f", "relayfile:fs:read:/.a/*",
            "relayfile:tree:run:x", "relayfile:f:read:x", "relayfile:fsx:read:x", "*:fs-a:read:x", "relayfile:file:read:x",
            "cloud:vm-1:invoke:a/b", "relaycast:channel:send:*",
        ])
    func scopes(_ text: String) throws {
        #expect(try Self.isMatch(text, .wantedScope(planes: Planes.builtIn.names)))
        #expect(try Self.isMatch(Scope(text).text, Schema.scope.resolved))
    }

    @Test(
        "A scope that is none is described as none",
        arguments: [
            "", "**", "a", "relayauth", "relayauth:api-key", "relayauth::read", "relayauth:api-key:reed", "relayauth:api-key:read:",
            "relayauth:api-key:read:a:b", "relayauth:api-key:read:a b", "relayauth:api-key:read:a*", "RELAYAUTH:api-key:read",
            "relayfile:fs:read:docs", "relayfile:fs:read:/do*cs", "relayfile:fs:read:/a\\b", "relayauth:Api:read", "relayauth:a--b:read",
            "relayfile:fs:read:/.", "relayfile:fs:read:/..", "*:*:read:/a/./b", "*:fs:read:/a/../b", "relayfile:fs:read:/../*",
            "relayauth:api-key:read:\u{200B}",
        ])
    func notScopes(_ text: String) throws {
        #expect(throws: ScopeError.self) { try Scope(text) }
        #expect(try !Self.isMatch(text, .wantedScope(planes: Planes.builtIn.names)))
    }

    @Test("A plane that an install adds is asked for there alone, and may stand in any answer")
    func planes() throws {
        #expect(try !Self.isMatch("lab:x:read", .wantedScope(planes: Planes.builtIn.names)))
        #expect(try Self.isMatch("lab:x:read", .wantedScope(planes: Planes(additional: ["lab"]).names)))
        #expect(try Self.isMatch("lab:x:read:*", Schema.scope.resolved))
    }
}
