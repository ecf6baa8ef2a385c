/// What lines of output have in common from run to run: all but ids, secrets, moments, numbers, the width of columns and the length of bars.
struct OutputForm: Hashable {
    /// Names with a digit are one and the same: times, counts, addresses.
    let text: String
    /// The ids of keys, identities and tokens, fingerprints and heads of the audit log, as they stand in the line.
    let ids: [String]

    init(_ line: String) {
        var words: [String] = []
        var ids: [String] = []
        for word in Self.words(of: line) { words.append(Self.form(of: word, ids: &ids)) }
        // A timeline's label is the beginning of an id.
        if words.count > 1, ["active", "standby", "grace", "retired", "revoked"].contains(words[1]) { words[0] = "#" }
        text = words.joined(separator: " ")
        self.ids = ids
    }

    /// The words of a line. A fingerprint is one, with its spaces, and so is a head of the audit log with the size before it: of their groups of four
    /// hexadecimal digits some are numbers, some look like words, and it differs from run to run which.
    private static func words(of line: String) -> [Substring] {
        var words: [Substring] = []
        var groups: [Substring] = []
        for word in line.split(whereSeparator: \.isWhitespace) + [Substring()] {
            let group = word.hasSuffix(",") ? word.dropLast() : word
            guard !isGroup(group) else {
                groups.append(group)
                continue
            }
            if groups.count >= 10 {
                if let size = words.last, size.allSatisfy(\.isNumber) { groups.insert(words.removeLast(), at: 0) }
                words.append(Substring(groups.joined(separator: " ")))
            } else {
                words += groups
            }
            groups = []
            if !word.isEmpty { words.append(word) }
        }
        return words
    }

    private static func isGroup(_ word: Substring) -> Bool {
        word.utf8.count == 4 && word.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    /// A word with what differs from run to run put aside, wherever in it that stands: JSON has no spaces.
    private static func form(of word: Substring, ids: inout [String]) -> String {
        guard !word.contains(" ") else {
            ids.append(String(word))
            return "groups:\(word.split(separator: " ").count)"
        }
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
