package import LatchkeyScopes

extension RouteTable {
    /// What some scopes mean for one protected route.
    package struct Explained: Sendable {
        package let facts: RouteFacts
        package let required: [Scope]
        /// The first scope that is asked for and not covered; none when the route can be called.
        package let missing: Scope?
        /// Whether scopes are not enough: the caller must have an identity behind it, which is nothing that scopes say.
        package let needsIdentity: Bool

        /// Whether no scope is missing.
        package var isAllowed: Bool { missing == nil }
    }

    /// Which of the protected routes that a door serves these scopes can call.
    package func explain(_ scopes: ScopeSet, on surface: Surface) -> [Explained] {
        routes(on: surface).compactMap { route in
            switch route.access {
            case .open, .operation: nil
            case .anyAudience: Explained(facts: route.facts, required: [], missing: nil, needsIdentity: false)
            case .identity: Explained(facts: route.facts, required: [], missing: nil, needsIdentity: true)
            case .scopes(let required):
                Explained(facts: route.facts, required: required, missing: required.first { !scopes.covers($0) }, needsIdentity: false)
            }
        }
    }

    /// The routes that a door serves.
    package func routes(on surface: Surface) -> [Route] { routes.filter { surface == .adminSocket || !$0.isSocketOnly } }
}
