/// One scope in its normalised form: `plane:resource:action:path`, always four parts.
///
/// The same value serves as a grant (what somebody holds) and as a request (what somebody asks for). It keeps its text once and
/// the places of the separators, so reading and matching one allocates nothing.
package struct Scope: Hashable, Sendable, CustomStringConvertible {
    /// The longest text of a scope, as it came and normalised, in bytes of UTF-8.
    package static let longestText = 256

    /// The normalised text, `relayauth:api-key:read:*`: what is stored, shown, and parsed again with the same outcome.
    ///
    /// Only a scope that was made of parts may hold spaces and `:` in its path; such a text does not parse again.
    package let text: String
    let layout: ScopeLayout

    init(text: String, layout: ScopeLayout) {
        self.text = text
        self.layout = layout
    }

    /// One of the configured planes, or `*`.
    package var plane: String { part(0, layout.planeEnd) }

    /// The kind of thing inside the plane, or `*`.
    package var resource: String { part(layout.planeEnd + 1, layout.resourceEnd) }

    /// One of the nine actions, or `*`.
    package var action: String { layout.action.rawValue }

    /// Which of the things: `*` for all; for what can reach `relayfile:fs` a file path, with repeated slashes collapsed.
    package var path: String { part(layout.actionEnd + 1, text.utf8.count) }

    package var description: String { text }

    /// Two scopes are the same when their texts are, byte for byte.
    package static func == (one: Scope, other: Scope) -> Bool {
        Words.same(one.text.utf8Span.span, other.text.utf8Span.span)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(text)
    }

    private func part(_ start: Int, _ end: Int) -> String {
        let utf8 = text.utf8
        let from = utf8.index(utf8.startIndex, offsetBy: start)
        return String(text[from..<utf8.index(from, offsetBy: end - start)])
    }
}
