import LatchkeyScopes

/// Texts that the domain has rules for, as patterns (ECMA-262).
extension Schema {
    /// Text that people will see, of so many Unicode scalars: nothing in it that can't be seen.
    package static func displayText(_ length: ClosedRange<Int>) -> Schema { Schema(.string(displayRules(length))) }

    package static func displayRules(_ length: ClosedRange<Int>) -> StringRules {
        StringRules(pattern: "^[^\(Invisible.characterClass)]*$", length: length)
    }

    /// At most 50 pairs that the domain keeps and does not read.
    package static let metadata = Schema.map(of: displayText(0...1000), names: displayRules(1...100), most: 50)

    /// A scope as answers hold it: normalised, of any plane that is or was configured.
    package static let scope = Schema.named(
        "Scope", .string(pattern: "^(\(word)|\\*):(\(word)|\\*):\(actions):.+$", length: 1...Scope.longestText)
    ).sampled("relayfile:fs:read:/docs/*")

    package static let scopes = Schema.array(of: scope, count: 0...ScopeSet.mostScopes)

    /// A scope as it may be asked for, of the planes of this install.
    package static let wantedScope = Schema.named(wantedScopeName, wantedScope(planes: Planes.builtIn.names))
        .sampled("relayfile:fs:read:/docs/*")

    package static func wantedScopes(atLeast least: Int = 0) -> Schema { .array(of: wantedScope, count: least...ScopeSet.mostScopes) }

    /// A file's path: directories and a name, or `/*` at the end for all below (contract §2).
    static let filePath = Schema.string(pattern: "^(\\*|(/\(segment(without: Invisible.characterClass)))+(/\\*)?)$", length: 1...200)

    static let wantedAction = Schema.enumeration(KnownWords.actions + ["*"])

    static let wantedScopeName = "WantedScope"

    /// `plane:resource:action[:path]` or `*` (contract §2).
    static func wantedScope(planes: [String]) -> Schema {
        let others = planes.filter { $0 != "relayfile" }.joined(separator: "|")
        let unseen = Invisible.characterClass + Invisible.spaces
        let file = "(relayfile|\\*):(fs|\\*):\(actions)(:(\\*|(/\(segment(without: unseen + ":")))+(/\\*)?))?"
        let other = "((relayfile|\\*):\(wordButFiles)|(\(others)):(\(word)|\\*)):\(actions)(:(\\*|[^\(unseen):*]+))?"
        return Schema.string(pattern: "^(\\*|\(file)|\(other))$", length: 1...Scope.longestText)
            .noted("plane:resource:action[:path]; a missing path means *, and * alone everything")
    }

    /// What stands between two slashes of a file path: nothing, or text without these characters that is neither `.` nor `..`.
    private static func segment(without characters: String) -> String {
        let any = "[^\(characters)*\\\\/]"
        let noDot = "[^\(characters)*\\\\/.]"
        return "((\\.?\(noDot)|\\.\\.\(any))\(any)*)?"
    }

    private static let word = "[a-z][a-z0-9]*(-[a-z0-9]+)*"

    /// Any word but `fs`, whose paths have a form of their own.
    private static let wordButFiles =
        "(([a-eg-z][a-z0-9]*|f([a-rt-z0-9][a-z0-9]*|s[a-z0-9]+)?)(-[a-z0-9]+)*|fs(-[a-z0-9]+)+)"

    private static let actions = "(\((KnownWords.actions + ["\\*"]).joined(separator: "|")))"
}
