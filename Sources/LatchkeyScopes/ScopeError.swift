/// Why a text is not a scope, or a list not a set of scopes. Two errors are equal when their codes are.
package struct ScopeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The rule that was broken. The raw value is the word that fixtures and answers use.
    package enum Code: String, Error, Sendable, CaseIterable {
        case empty
        /// Over 256 bytes, as given or normalised.
        case tooLong = "too_long"
        /// White space, a control character, or another one that can't be seen.
        case forbiddenCharacter = "forbidden_character"
        case tooFewParts = "too_few_parts"
        case emptySegment = "empty_segment"
        /// A fourth `:`.
        case colonInPath = "colon_in_path"
        case doubleWildcard = "double_wildcard"
        case unknownPlane = "unknown_plane"
        case invalidResource = "invalid_resource"
        case unknownAction = "unknown_action"
        /// A `*` in a path that is neither the whole path nor the last segment of a file path.
        case misplacedWildcard = "misplaced_wildcard"
        /// A file path that does not begin with `/`.
        case relativePath = "relative_path"
        /// A `.` or `..` segment in a file path.
        case dotSegment = "dot_segment"
        case backslash
        /// `%2e`, `%2f` or `%5c` in a file path.
        case encodedCharacter = "encoded_character"
        /// More than 100 scopes in one list.
        case tooMany = "too_many"
        /// A configured plane that has not the form of one.
        case invalidPlaneName = "invalid_plane_name"
    }

    package let code: Code

    /// The offending text, cut to at most 256 bytes at the border of a character; empty for `.tooMany`. It is as it came, with
    /// whatever it holds: escape it before showing it.
    package let scope: String

    /// What is wrong and what to do, one printable line.
    package let message: String

    /// The whole scope, normalised, that was probably meant: every word that is refused is one edit away from a known one.
    package let suggestion: String?

    package var description: String { message }

    package static func == (one: ScopeError, other: ScopeError) -> Bool {
        one.code == other.code
    }

    init(_ code: Code, scope: String, planes: Planes) {
        // What is too long gets no suggestion, and is not taken apart: it may be mostly colons.
        let parts = code == .tooLong ? [scope] : scope.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        self.init(code, parts: parts, planes: planes, freePath: false)
    }

    /// `parts` are joined for `scope`; their number is whatever the text had.
    init(_ code: Code, parts: [String], planes: Planes, freePath: Bool) {
        let guess = Suggestion(for: code, parts: parts, planes: planes, freePath: freePath)
        self.code = code
        self.scope = Self.truncated(parts.joined(separator: ":"))
        self.suggestion = guess.scope
        self.message = Self.sentence(code, parts: parts, planes: planes) + guess.question
    }

    init(tooMany count: Int) {
        self.code = .tooMany
        self.scope = ""
        self.suggestion = nil
        self.message = "\(count) scopes are too many: give at most \(ScopeSet.mostScopes)"
    }

    init(planeName: String) {
        self.code = .invalidPlaneName
        self.scope = Self.truncated(planeName)
        self.suggestion = nil
        self.message = "a plane has an unusable name: use lower-case letters and digits, a letter first, words joined by single hyphens"
    }

    private static func truncated(_ text: String) -> String {
        guard text.utf8.count > Scope.longestText else { return text }
        var size = 0
        let scalars = text.unicodeScalars.prefix { scalar in
            size += UTF8.width(scalar)
            return size <= Scope.longestText
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
