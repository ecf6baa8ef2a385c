/// The contract's rules for scopes a second time, as plainly as they can be written: a grant is judged against requests that hold
/// no wildcard, segment by segment, with no eye on speed. ASCII only, built-in planes only.
enum Oracle {
    struct Grant {
        let plane: String
        let resource: String
        let action: String
        let path: String

        var text: String { "\(plane):\(resource):\(action):\(path)" }
        var hasStar: Bool { text.contains("*") }
    }

    static let planes = ["relayauth", "relayfile", "relaycast", "cloud", "*"]
    static let actions = ["read", "write", "create", "delete", "manage", "run", "send", "invoke", "trigger", "*"]
    private static let implied = ["read", "write", "create", "delete"]

    static func parse(_ text: String) -> Grant? {
        guard !text.isEmpty, text.utf8.count <= 256, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), !text.contains("**") else { return nil }
        if text == "*" { return Grant(plane: "*", resource: "*", action: "*", path: "*") }
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 3 { parts.append("*") }
        guard parts.count == 4, !parts.contains(""), parts.joined(separator: ":").utf8.count <= 256 else { return nil }
        guard planes.contains(parts[0]), parts[1] == "*" || isName(parts[1]), actions.contains(parts[2]) else { return nil }
        var path = parts[3]
        if path != "*" {
            if ["relayfile", "*"].contains(parts[0]) && ["fs", "*"].contains(parts[1]) {
                guard isFilePath(path) else { return nil }
                while path.contains("//") { path = path.split(separator: "//", omittingEmptySubsequences: false).joined(separator: "/") }
            } else if path.contains("*") {
                return nil
            }
        }
        return Grant(plane: parts[0], resource: parts[1], action: parts[2], path: path)
    }

    /// Whether `grant` covers `request`, a grant without a star.
    static func covers(_ grant: Grant, _ request: Grant) -> Bool {
        guard grant.plane == "*" || grant.plane == request.plane else { return false }
        guard grant.resource == "*" || grant.resource == request.resource else { return false }
        let implies = grant.action == "manage" && implied.contains(request.action)
        guard grant.action == "*" || grant.action == request.action || implies else { return false }
        if grant.path == "*" || grant.path == request.path { return true }
        guard request.plane == "relayfile", request.resource == "fs", grant.path.hasSuffix("*") else { return false }
        // "/docs/*" is "", "docs", "*": what is asked has the same segments before the star, and at least one, maybe empty, after.
        let above = grant.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let asked = request.path.split(separator: "/", omittingEmptySubsequences: false)
        return asked.count > above.count && asked.prefix(above.count) == above
    }

    private static func isName(_ word: String) -> Bool {
        guard let first = word.first, ("a"..."z").contains(first) else { return false }
        return word.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { piece in
            !piece.isEmpty && piece.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) }
        }
    }

    private static func isFilePath(_ path: String) -> Bool {
        guard path.hasPrefix("/"), !path.contains("\\") else { return false }
        let lower = path.lowercased()
        guard !lower.contains("%2e"), !lower.contains("%2f"), !lower.contains("%5c") else { return false }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !segments.contains("."), !segments.contains("..") else { return false }
        return !segments.dropLast().contains { $0.contains("*") } && (segments.last == "*" || segments.last?.contains("*") == false)
    }
}
