package import HTTPTypes

/// All routes, found by path. Literal paths win over those with parameters.
package struct RouteTable: Sendable {
    /// One path with all its methods.
    package struct Entry: Sendable {
        fileprivate let segments: [Segment]
        package let routes: [Route]
        /// Whether anybody at all may call something here; otherwise nothing is said before authentication.
        package let isOpen: Bool
        package let isSocketOnly: Bool
        /// Whom a token must be meant for; `nil` when the routes look at that themselves.
        let audiences: [String]?
        /// The value of `Allow` (RFC 9110 §10.2.1).
        package let allow: String

        package func route(_ method: HTTPRequest.Method) -> Route? {
            // HEAD is GET without the body (RFC 9110 §9.3.2).
            let wanted = method == .head ? .get : method
            return routes.first { $0.method == wanted && !(method == .head && $0.isMaking) }
        }
    }

    fileprivate enum Segment: Sendable, Equatable {
        case literal(String)
        case parameter(String)
    }

    package let routes: [Route]
    private let literals: [String: Entry]
    private let patterns: [Entry]

    package init(_ routes: [Route]) {
        self.routes = routes
        precondition(Set(routes.map(\.name)).count == routes.count, "two routes have one name")
        for route in routes { Self.check(route.facts) }
        var order: [String] = []
        var byPath: [String: [Route]] = [:]
        for route in routes {
            if byPath[route.path] == nil { order.append(route.path) }
            precondition(
                !byPath[route.path, default: []].contains { $0.method == route.method }, "\(route.method) \(route.path) is declared twice")
            byPath[route.path, default: []].append(route)
        }
        var literals: [String: Entry] = [:]
        var patterns: [Entry] = []
        for path in order {
            let entry = Entry(path, byPath[path]!)
            if entry.segments.contains(where: { if case .parameter = $0 { true } else { false } }) {
                patterns.append(entry)
            } else {
                literals[path] = entry
            }
        }
        self.literals = literals
        self.patterns = patterns
    }

    /// A declaration that contradicts itself is a mistake in this program, and found at every start.
    private static func check(_ facts: RouteFacts) {
        precondition(facts.names(.path) == facts.pathNames, "\(facts.name): the path's parameters are not those that are declared")
        precondition(!facts.answers.isEmpty, "\(facts.name) declares no answer")
        precondition(!facts.summary.isEmpty, "\(facts.name) has no summary")
    }

    /// The entry for a request's path and the values of its parameters, percent-decoded; an empty value is a match, and for the route to
    /// refuse.
    package func find(_ path: String) -> (entry: Entry, parameters: [String: String])? {
        if let entry = literals[path] { return (entry, [:]) }
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        let parts = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        next: for entry in patterns where entry.segments.count == parts.count {
            var parameters: [String: String] = [:]
            for (segment, part) in zip(entry.segments, parts) {
                switch segment {
                case .literal(let text):
                    guard part.elementsEqual(text.utf8) else { continue next }
                case .parameter(let name):
                    // What can't be decoded is no id of ours; the route says so, to those who may ask.
                    parameters[name] = PercentCoding.decoded(part) ?? String(decoding: part, as: UTF8.self)
                }
            }
            return (entry, parameters)
        }
        return nil
    }
}

extension RouteTable.Entry {
    fileprivate init(_ path: String, _ routes: [Route]) {
        precondition(Set(routes.map(\.isSocketOnly)).count == 1, "\(path) is declared both for the socket alone and for everybody")
        precondition(Set(routes.map(\.access.isOpen)).count == 1, "\(path) is declared both open and protected")
        self.routes = routes
        precondition(Set(routes.map(\.access.audiences)).count == 1, "\(path) is declared for tokens of different audiences")
        isOpen = routes[0].access.isOpen
        audiences = routes[0].access.audiences
        isSocketOnly = routes[0].isSocketOnly
        segments = path.utf8.dropFirst().split(separator: UInt8(ascii: "/")).map { part in
            let text = String(decoding: part, as: UTF8.self)
            return text.utf8.first == UInt8(ascii: "{") ? .parameter(String(text.dropFirst().dropLast())) : .literal(text)
        }
        var methods = routes.map(\.method.rawValue)
        if routes.contains(where: { $0.method == .get && !$0.isMaking }) { methods.append("HEAD") }
        allow = methods.sorted().joined(separator: ", ")
    }
}
