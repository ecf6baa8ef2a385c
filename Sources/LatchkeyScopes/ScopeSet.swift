/// The scopes that somebody holds or asks for, in the order they came, each once. An empty set grants nothing.
///
/// Two sets are equal when they have the same scopes in the same order; for "grants the same" ask `isSubset` both ways.
package struct ScopeSet: Sendable, Equatable {
    /// The most texts that `parse` takes at once.
    package static let mostScopes = 100

    package let scopes: [Scope]

    /// Drops scopes that are there already.
    package init(_ scopes: [Scope]) {
        var seen: Set<Scope> = []
        self.scopes = scopes.count < 2 ? scopes : scopes.filter { seen.insert($0).inserted }
    }

    private init(distinct scopes: [Scope]) {
        self.scopes = scopes
    }

    /// Parses a list from outside: at most 100 texts, repeated ones counted.
    ///
    /// Throws `.tooMany` for a longer list, else the error of the first text that is not a scope.
    package static func parse(_ texts: [String], planes: Planes = .builtIn) throws(ScopeError) -> ScopeSet {
        guard texts.count <= mostScopes else { throw ScopeError(tooMany: texts.count) }
        var scopes: [Scope] = []
        scopes.reserveCapacity(texts.count)
        for text in texts { scopes.append(try Scope(text, planes: planes)) }
        return ScopeSet(scopes)
    }

    /// Reads back `texts` of a set that this program stored. `nil` when there are too many or one of them is odd: half a set is
    /// never taken for the whole.
    package static func trusted(stored texts: [String]) -> ScopeSet? {
        guard texts.count <= mostScopes else { return nil }
        var scopes: [Scope] = []
        scopes.reserveCapacity(texts.count)
        for text in texts {
            guard let scope = Scope.trusted(stored: text) else { return nil }
            scopes.append(scope)
        }
        return ScopeSet(distinct: scopes)
    }

    /// The normalised texts, for records, claims and answers.
    package var texts: [String] { scopes.map(\.text) }

    package var isEmpty: Bool { scopes.isEmpty }

    /// The planes of the scopes in the order they first appear. `*` stays `*`: what it stands for is the caller's to know.
    package var planes: [String] {
        var planes: [String] = []
        for plane in scopes.lazy.map(\.plane) where !planes.contains(plane) { planes.append(plane) }
        return planes
    }
}
