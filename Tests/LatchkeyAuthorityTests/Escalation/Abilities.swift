@testable import LatchkeyAuthority
import LatchkeyScopes
import Testing

/// A small world of scopes, in which what a credential can do is the list of what it is let through with.
enum Abilities {
    /// What keys and identities are given in it.
    static let grants = [
        "*:*:*:*", "relayauth:*:*:*", "relayauth:api-key:manage:*", "relayauth:identity:manage:*", "relayauth:token:create:*",
        "relayfile:fs:*:*", "relayfile:fs:read:*", "relayfile:fs:manage:/a/*", "relayfile:fs:manage:/a", "relayfile:fs:write:/a/b",
        "relayfile:fs:read:/ab", "cloud:run:manage:*", "cloud:run:invoke:x",
    ]

    /// What is asked for in it, with stars and without.
    static let asked: [Scope] = {
        var texts = grants
        for path in ["/a", "/a/", "/a/b", "/a/c", "/ab", "/b", "/a/*", "*"] {
            for action in ["read", "write", "manage", "run", "*"] { texts.append("relayfile:fs:\(action):\(path)") }
        }
        for resource in ["api-key", "identity", "token", "audit", "*"] {
            for action in ["read", "create", "manage", "*"] { texts.append("relayauth:\(resource):\(action):*") }
        }
        texts += ["cloud:run:read:x", "cloud:run:invoke:y", "cloud:run:invoke:*", "cloud:door:read:x", "*:*:read:*", "*:fs:read:/a"]
        return ScopeSet(texts.map { Scope.trusted(stored: $0)! }).scopes
    }()

    /// What a caller is let through with now.
    static func of(_ caller: Caller, in install: Install) -> Set<Scope> {
        Set(asked.filter { (try? install.authority.require($0, of: caller)) != nil })
    }

    static func of(_ texts: [String]) throws -> Set<Scope> {
        let held = try #require(ScopeSet.trusted(stored: texts))
        return Set(asked.filter(held.covers))
    }
}
