/// A method and a path as somebody would call them, or as the documentation writes them with `{id}`.
struct RouteQuestion {
    let method: String
    let path: String

    var text: String { "\(method) \(path)" }

    /// `nil` for anything but a method, space, and a path; a query is left away.
    init?(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0].allSatisfy({ $0.isASCII && $0.isLetter }), words[1].first == "/" else { return nil }
        let path = words[1].prefix { $0 != "?" && $0 != "#" }
        // HEAD is GET without the body.
        let method = words[0].uppercased()
        self.method = method == "HEAD" ? "GET" : method
        self.path = String(path)
    }

    /// Of the routes that the daemon explained, the one that this calls: a literal path wins over one with `{id}`, as it does there.
    func find(in routes: [JSONValue]) -> JSONValue? {
        let candidates = routes.filter { $0["method"]?.text == method }
        return candidates.first { $0["path"]?.text == path } ?? candidates.first { $0["path"]?.text.map(matches) ?? false }
    }

    private func matches(_ pattern: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let wanted = pattern.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == wanted.count
            && zip(parts, wanted).allSatisfy { part, wanted in wanted.hasPrefix("{") ? !part.isEmpty : part == wanted }
    }
}
