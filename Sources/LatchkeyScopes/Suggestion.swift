/// What a refused scope was probably meant to be.
struct Suggestion {
    /// The whole scope, normalised, with each refused word replaced by the known one next to it.
    let scope: String?
    /// The known word next to the one that the error is about, for when the scope can't be mended as a whole.
    private let word: String?

    /// `; did you mean "…"?`, or nothing.
    var question: String {
        (scope ?? word).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    init(for code: ScopeError.Code, parts: [String], planes: Planes, freePath: Bool) {
        guard (3...4).contains(parts.count), code != .tooLong else {
            (scope, word) = (nil, nil)
            return
        }
        let plane = Self.mended(parts[0], isGood: planes.contains, from: planes.names)
        let resources = KnownWords.resources(of: plane.word)
        let resource = Self.mended(parts[1], isGood: { Words.isName($0.utf8Span.span) }, from: resources)
        let action = Self.mended(parts[2], isGood: { Action(rawValue: $0) != nil }, from: KnownWords.actions)
        switch code {
        case .unknownPlane: word = plane.isNew ? plane.word : nil
        case .invalidResource: word = resource.isNew ? resource.word : nil
        case .unknownAction: word = action.isNew ? action.word : nil
        default: word = nil
        }
        let words = [plane.word, resource.word, action.word]
        // A part that came with a colon would be read as two.
        let joinable = !words.contains { $0.utf8.contains(UInt8(ascii: ":")) }
        let isNew = plane.isNew || resource.isNew || action.isNew
        let text = (words + parts.dropFirst(3)).joined(separator: ":")
        // Only what would be accepted is worth suggesting.
        let checked = try? Scope(checking: Scope.fourParts(text), planes: planes, freePath: freePath)
        scope = isNew && joinable ? checked?.text : nil
    }

    private static func mended(_ word: String, isGood: (String) -> Bool, from known: [String]) -> (word: String, isNew: Bool) {
        if word == "*" || isGood(word) { return (word, false) }
        return KnownWords.nearest(to: word, among: known).map { ($0, true) } ?? (word, false)
    }
}
