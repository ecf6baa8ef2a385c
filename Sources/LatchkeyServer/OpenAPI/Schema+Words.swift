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

    /// A scope with any plane that can be configured: what answers hold.
    package static let scope = Schema.named("Scope", scopeText(planes: nil)).sampled("relayfile:fs:read:/docs/*")

    package static let scopes = Schema.array(of: scope, count: 0...ScopeSet.mostScopes)

    /// A scope as it may be asked for, of the planes of this install.
    package static let wantedScope = Schema.named(wantedScopeName, scopeText(planes: Planes.builtIn.names))
        .sampled("relayfile:fs:read:/docs/*")

    package static func wantedScopes(atLeast least: Int = 0) -> Schema { .array(of: wantedScope, count: least...ScopeSet.mostScopes) }

    /// A file's path: directories and a name, or `/*` at the end for all below (contract §2).
    static let filePath = Schema.string(pattern: "^(\\*|(/[^\(Invisible.characterClass)*\\\\/]*)+(/\\*)?)$", length: 1...200)

    static let wantedAction = Schema.enumeration(KnownWords.actions + ["*"])

    static let wantedScopeName = "WantedScope"

    /// `plane:resource:action[:path]` or `*` (contract §2).
    ///
    /// - Parameter planes: the planes that exist; `nil` for any that could.
    static func scopeText(planes: [String]?) -> Schema {
        let name = "[a-z][a-z0-9]*(-[a-z0-9]+)*"
        let others = (planes?.filter { $0 != "relayfile" }.joined(separator: "|")) ?? name
        let actions = "(\((KnownWords.actions + ["\\*"]).joined(separator: "|")))"
        let unseen = Invisible.characterClass + Invisible.spaces
        let file = "(:(\\*|(/[^\(unseen):*\\\\/]*)+(/\\*)?))?"
        let other = "(:(\\*|[^\(unseen):*]+))?"
        let forms = [
            "\\*", "(relayfile|\\*):(fs|\\*):\(actions)\(file)", "(relayfile|\\*):\(name):\(actions)\(other)",
            "(\(others)):(\(name)|\\*):\(actions)\(other)",
        ]
        return Schema.string(pattern: "^(\(forms.joined(separator: "|")))$", length: 1...Scope.longestText)
            .noted("plane:resource:action[:path]; a missing path means *, and * alone everything")
    }
}
