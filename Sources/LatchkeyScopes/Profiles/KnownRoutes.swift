/// The routes of an API, and what each asks of an API key that calls it.
package struct KnownRoutes: Sendable {
    package enum Need: Sendable, Equatable {
        /// Every one of these; none where a credential is enough, or not even that is asked for.
        case scopes([Scope])
        /// A credential that acts for an identity, whatever its scopes.
        case identity
    }

    package struct Entry: Sendable {
        package let name: RouteName
        package let need: Need

        package init(_ name: RouteName, needs need: Need) {
            self.name = name
            self.need = need
        }
    }

    /// Longer paths than this are compared with nothing.
    private static let longestPath = 200

    package let entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }

    package func find(_ route: RouteName) -> Entry? { route.find(in: entries) { $0.name } }

    /// The route that was probably meant: the same path with another method, or else the one whose path takes the fewest edits, when these are
    /// few for its length.
    package func nearest(to route: RouteName) -> RouteName? {
        let names = entries.map(\.name)
        if let other = names.first(where: { $0.path == route.path }) ?? names.first(where: { route.isPath(of: $0.path) }) { return other }
        guard route.path.utf8.count <= Self.longestPath else { return nil }
        let distances = names.map { (name: $0, edits: Self.edits(from: route.path, to: $0.path), isOther: $0.method != route.method) }
        let nearest = distances.min { ($0.edits, $0.isOther ? 1 : 0) < ($1.edits, $1.isOther ? 1 : 0) }
        guard let nearest, nearest.edits <= max(2, route.path.utf8.count / 3) else { return nil }
        return nearest.name
    }

    /// Where as many segments stand, whatever stands for a parameter costs nothing.
    private static func edits(from path: String, to pattern: String) -> Int {
        let parts = RouteName.segments(path)
        let wanted = RouteName.segments(pattern)
        guard parts.count == wanted.count else { return EditDistance.between(path, pattern) }
        return zip(parts, wanted).reduce(0) { sum, pair in
            sum + (pair.1.hasPrefix("{") && !pair.0.isEmpty ? 0 : EditDistance.between(String(pair.0), String(pair.1)))
        }
    }
}
