/// One thing that a profile promises to do, and what it takes.
package struct Promise: Sendable, Equatable {
    package enum Deed: Sendable, Equatable {
        case call(RouteName)
        case use(action: String, path: String)
        case hold(Scope)
    }

    package let deed: Deed
    /// None where a credential is enough.
    package let scopes: [Scope]

    /// For people: `POST /v1/identities`, `read /docs/*`, `relaycast:channel:send:*`.
    package var text: String {
        switch deed {
        case .call(let route): route.description
        case .use(let action, let path): "\(action) \(path)"
        case .hold(let scope): scope.text
        }
    }
}

/// All that a profile promises, by the routes of one API.
package struct Promises: Sendable, Equatable {
    /// A promise that some scopes don't keep.
    package struct Unmet: Sendable, Equatable {
        package let promise: Promise
        package let missing: [Scope]
    }

    package let all: [Promise]
    /// The smallest set of scopes that keeps them all, without any that another one of it covers.
    package let scopes: ScopeSet

    /// - Throws: `.unknownRoute` with the nearest known one; `.needsIdentity`; `.tooManyScopes`.
    package init(_ profile: Profile, of known: KnownRoutes) throws(ProfileError) {
        var all: [Promise] = []
        for route in profile.routes {
            guard let entry = known.find(route) else {
                let guess = known.nearest(to: route).map { "; did you mean \"\($0)\"?" } ?? ""
                throw ProfileError(.unknownRoute, "\(route) is no route of this API\(guess)")
            }
            guard case .scopes(let scopes) = entry.need else {
                throw ProfileError(
                    .needsIdentity, "\(route) can be called for an identity alone, and a service's API key has none behind it")
            }
            all.append(Promise(deed: .call(entry.name), scopes: scopes))
        }
        all += profile.files.map { Promise(deed: .use(action: $0.action, path: $0.path), scopes: [$0.scope]) }
        all += profile.scopes.map { Promise(deed: .hold($0), scopes: [$0]) }
        let scopes = Self.smallest(all.flatMap(\.scopes))
        guard scopes.count <= ScopeSet.mostScopes else {
            throw ProfileError(
                .tooManyScopes, "takes \(scopes.count) scopes, and a key has at most \(ScopeSet.mostScopes): make two profiles of it")
        }
        self.all = all
        self.scopes = ScopeSet(scopes)
    }

    /// The promises that a holder of `held` could not keep.
    package func unmet(by held: ScopeSet) -> [Unmet] {
        all.compactMap { promise in
            let missing = promise.scopes.filter { !held.covers($0) }
            return missing.isEmpty ? nil : Unmet(promise: promise, missing: missing)
        }
    }

    private static func smallest(_ scopes: [Scope]) -> [Scope] {
        var kept: [Scope] = []
        for scope in scopes where !kept.contains(where: { $0.covers(scope) }) {
            kept.removeAll { scope.covers($0) }
            kept.append(scope)
        }
        return kept
    }
}
