extension ScopeError {
    /// The sentence for a code. Where it quotes a part, the part has passed the check of characters.
    static func sentence(_ code: Code, parts: [String], planes: Planes) -> String {
        switch code {
        case .empty: "the scope is empty: write plane:resource:action or plane:resource:action:path"
        case .tooLong: "the scope is too long: at most \(Scope.longestText) bytes, with its path written out"
        case .forbiddenCharacter: "the scope holds white space, a control character or an invisible one: remove it"
        case .tooFewParts: "the scope has too few parts: write plane:resource:action or plane:resource:action:path"
        case .emptySegment: "a part of the scope is empty: write * for any, or leave the path away with its colon"
        case .colonInPath: "the path of a scope can't hold a colon: a scope has at most four parts"
        case .doubleWildcard: "** is not a wildcard: write * for a whole part, or /* at the end of a file path"
        case .unknownPlane: "unknown plane\(quoted(parts, 0)): known are \(planes.names.joined(separator: ", ")) and *"
        case .invalidResource:
            "unusable resource\(quoted(parts, 1)): use lower-case letters and digits, a letter first, words joined by single hyphens, or *"
        case .unknownAction: "unknown action\(quoted(parts, 2)): known are \(KnownWords.actions.joined(separator: ", ")) and *"
        case .misplacedWildcard: "misplaced * in the path: it is the whole path, or the last segment of a relayfile:fs path, as in /docs/*"
        case .relativePath: "a file path is * or begins with /"
        case .dotSegment: "a file path can't have a segment . or ..: write the place it leads to"
        case .backslash: "a file path can't hold a backslash: separate its segments by /"
        case .encodedCharacter: "a file path can't hold %2e, %2f or %5c: write the characters plainly"
        case .tooMany: "too many scopes: give at most \(ScopeSet.mostScopes)"
        case .invalidPlaneName: "a plane has an unusable name"
        }
    }

    /// ` "word"`, or nothing when the part is not there or not fit to be shown: parts that came apart are refused for a `:`
    /// before their characters are looked at.
    private static func quoted(_ parts: [String], _ index: Int) -> String {
        guard parts.indices.contains(index) else { return "" }
        for scalar in parts[index].unicodeScalars {
            guard scalar.isASCII ? (0x21...0x7E).contains(scalar.value) : Characters.isVisible(scalar) else { return "" }
        }
        return " \"\(parts[index])\""
    }
}
