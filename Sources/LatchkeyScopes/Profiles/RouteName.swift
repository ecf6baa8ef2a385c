/// A method and a path, as somebody would call them, or as the documentation writes them with `{id}`.
package struct RouteName: Hashable, Sendable, CustomStringConvertible {
    package let method: String
    package let path: String

    package var description: String { "\(method) \(path)" }

    package init(method: String, path: String) {
        self.method = method
        self.path = path
    }

    /// `nil` for anything but a method, space, and a path; a query is left away.
    package init?(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0].allSatisfy({ $0.isASCII && $0.isLetter }), words[1].first == "/" else { return nil }
        // HEAD is GET without the body.
        let method = words[0].uppercased()
        self.method = method == "HEAD" ? "GET" : method
        self.path = String(words[1].prefix { $0 != "?" && $0 != "#" })
    }

    /// Of some routes, the one that this calls: a literal path wins over one with `{id}`, as it does in the daemon.
    package func find<Route>(in routes: [Route], name: (Route) -> RouteName?) -> Route? {
        let candidates = routes.filter { name($0)?.method == method }
        return candidates.first { name($0)?.path == path } ?? candidates.first { name($0).map { isPath(of: $0.path) } ?? false }
    }

    /// Whether this path is one that `pattern` stands for.
    func isPath(of pattern: String) -> Bool {
        let parts = Self.segments(path)
        let wanted = Self.segments(pattern)
        return parts.count == wanted.count
            && zip(parts, wanted).allSatisfy { part, wanted in wanted.hasPrefix("{") ? !part.isEmpty : part == wanted }
    }

    static func segments(_ path: String) -> [Substring] { path.split(separator: "/", omittingEmptySubsequences: false) }
}
