/// What lines of output have in common from run to run: all but ids, secrets, moments, numbers, the width of columns and the length of bars.
struct OutputForm: Hashable {
    /// Names with a digit are one and the same: times, counts, addresses.
    let text: String
    /// The ids of keys, identities and tokens, as they stand in the line.
    let ids: [String]

    init(_ line: String) {
        var words: [String] = []
        var ids: [String] = []
        for word in line.split(whereSeparator: \.isWhitespace) { words.append(Self.form(of: word, ids: &ids)) }
        // A timeline's label is the beginning of an id.
        if words.count > 1, ["active", "standby", "grace", "retired", "revoked"].contains(words[1]) { words[0] = "#" }
        text = words.joined(separator: " ")
        self.ids = ids
    }

    /// A word with what differs from run to run put aside, wherever in it that stands: JSON has no spaces.
    private static func form(of word: Substring, ids: inout [String]) -> String {
        var form = ""
        var rest = word
        while let first = rest.first {
            guard isPart(first) else {
                form.append(first)
                rest.removeFirst()
                continue
            }
            let part = String(rest.prefix(while: isPart))
            rest = rest.dropFirst(part.count)
            if isId(part) {
                ids.append(part)
                form += "ID"
            } else if let prefix = secretPrefix(of: part) {
                // As documents write it.
                form += prefix + "…"
            } else {
                form += part.contains(where: \.isNumber) ? "#" : part
            }
        }
        return bars(form)
    }

    /// Two lines are alike when they say the same of other things.
    static func == (a: OutputForm, b: OutputForm) -> Bool { a.text == b.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// What names are made of.
    private static func isPart(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber) || character == "-" || character == "_"
    }

    /// The thumbprint of a key, the prefix of a secret, or what the install numbered.
    private static func isId(_ word: String) -> Bool {
        word.utf8.count == 43 || word.hasPrefix("lk_") && word.utf8.count == 11
            || ["ak_", "agent_", "tok_", "sess_", "org_", "inst_"].contains { word.hasPrefix($0) && word.utf8.count == $0.utf8.count + 26 }
    }

    /// Of a whole secret: an API key or a refresh token.
    private static func secretPrefix(of word: String) -> String? {
        ["lk_", "lkr_"].first { word.hasPrefix($0) && word.utf8.count == $0.utf8.count + 49 }
    }

    private static func bars(_ word: String) -> String {
        guard let first = word.first, "·░█▒✗│".contains(first) else { return word }
        var short = ""
        for mark in word where mark != short.last { short.append(mark) }
        return short
    }
}
