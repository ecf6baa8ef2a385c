package import LatchkeyScopes

/// Who may call a route. The declaration is what enforces it.
package enum Access: Sendable {
    /// Anybody, without credentials.
    case open
    /// Whoever authenticates, also with a token that is meant for somebody else: the route holds its audience against what is asked.
    case anyAudience
    /// The operator itself, on the admin socket without a credential: what concerns the whole install, not one organisation.
    case operation
    /// Whoever authenticates and has an identity behind it.
    case identity
    /// Whoever authenticates and holds every one of these scopes.
    case scopes([Scope])

    /// - Parameter texts: scopes as the contract writes them; one that does not parse is a mistake in the declaration.
    package static func holding(_ texts: String...) -> Access {
        .scopes(
            texts.map { text in
                guard let scope = Scope.trusted(stored: text) else { preconditionFailure("the route's scope \(text) is not normalised") }
                return scope
            })
    }

    /// What a caller needs; empty when a credential is enough, or not even that is asked for.
    package var scopes: [Scope] {
        if case .scopes(let scopes) = self { scopes } else { [] }
    }

    /// Whom a token must be meant for; `nil` when the route itself looks at that.
    var audiences: [String]? {
        if case .anyAudience = self { nil } else { ["relayauth"] }
    }

    package var isOpen: Bool {
        if case .open = self { true } else { false }
    }
}
