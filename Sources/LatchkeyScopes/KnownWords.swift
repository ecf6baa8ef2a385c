/// The words that scopes are usually made of, for suggestions. Planes are in `Planes`.
package enum KnownWords {
    /// The nine actions; `*` is not among them.
    package static let actions = Action.allCases.filter { $0 != .any }.map(\.rawValue)

    /// The resources that this API asks for in `plane`, those of every plane for `*`, none for a plane that it doesn't know.
    /// The grammar allows any other resource as well.
    package static func resources(of plane: String) -> [String] {
        switch plane {
        case "relayauth": relayauth
        case "relayfile": ["fs"]
        case "*": relayauth + ["fs"]
        default: []
        }
    }

    private static let relayauth = ["api-key", "identity", "token", "scope", "audit", "admin"]

    /// The first of `words` that is one edit away from `word`: a character put in, left out or changed, or two neighbours swapped.
    ///
    /// A word that is there as it is needs no suggestion: the answer is `nil`.
    package static func nearest(to word: String, among words: [String]) -> String? {
        // The word may be as long as a request's body: what is that far from every known word is not taken apart.
        guard word.utf8.count <= Scope.longestText, !words.contains(word) else { return nil }
        let given = Array(word.unicodeScalars)
        return words.first { isOneEdit(given, Array($0.unicodeScalars)) }
    }

    private static func isOneEdit(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Bool {
        guard abs(one.count - other.count) <= 1 else { return false }
        let shorter = min(one.count, other.count)
        var same = 0
        while same < shorter && one[same] == other[same] { same += 1 }
        var end = 0
        while end < shorter - same && one[one.count - 1 - end] == other[other.count - 1 - end] { end += 1 }
        let left = one[same..<(one.count - end)]
        let right = other[same..<(other.count - end)]
        switch (left.count, right.count) {
        case (0, 1), (1, 0), (1, 1): return true
        case (2, 2): return left.first == right.last && left.last == right.first
        default: return false
        }
    }
}
