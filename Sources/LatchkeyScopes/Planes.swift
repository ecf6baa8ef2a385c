/// The planes that a scope may name: the four built in and those that the configuration adds.
package struct Planes: Sendable, Equatable {
    /// `relayauth`, `relayfile`, `relaycast` and `cloud`.
    package static let builtIn = Planes(checked: ["relayauth", "relayfile", "relaycast", "cloud"])

    /// The built-in names first, then the added ones in the order they came. `*` is not among them.
    package let names: [String]

    /// The built-in planes and some of the site's own.
    ///
    /// A name that is already there is taken once. Throws `.invalidPlaneName` for one that doesn't have the form of a resource
    /// (lower-case letters and digits, words joined by single hyphens, a letter first): such a plane could never be asked for.
    package init(additional: [String] = []) throws(ScopeError) {
        var names = Self.builtIn.names
        for name in additional {
            guard Words.isName(name.utf8Span.span) else { throw ScopeError(planeName: name) }
            if !names.contains(name) { names.append(name) }
        }
        self.names = names
    }

    private init(checked names: [String]) {
        self.names = names
    }

    /// Whether `plane` is one of the names. `*` is not.
    package func contains(_ plane: String) -> Bool {
        contains(plane.utf8Span.span)
    }

    func contains(_ plane: Span<UInt8>) -> Bool {
        for name in names where Words.same(name.utf8Span.span, plane) { return true }
        return false
    }
}
