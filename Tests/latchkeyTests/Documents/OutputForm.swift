/// What lines of output have in common from run to run: all but ids, moments, numbers, the width of columns and the length of bars.
struct OutputForm: Hashable {
    /// Words with a digit are one and the same: times, counts, addresses, ids.
    let text: String
    /// The ids of keys, identities and tokens, as they stand in the line.
    let ids: [String]

    init(_ line: String) {
        var words: [String] = []
        var ids: [String] = []
        for word in line.split(whereSeparator: \.isWhitespace).map(String.init) {
            let bare = word.trimming { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "_" }
            if Self.isId(bare) {
                ids.append(bare)
                words.append("ID")
            } else if word.contains(where: \.isNumber) {
                words.append("#")
            } else {
                words.append(Self.bars(word))
            }
        }
        // A timeline's label is the beginning of an id.
        if words.count > 1, ["active", "standby", "grace", "retired", "revoked"].contains(words[1]) { words[0] = "#" }
        text = words.joined(separator: " ")
        self.ids = ids
    }

    /// Two lines are alike when they say the same of other things.
    static func == (a: OutputForm, b: OutputForm) -> Bool { a.text == b.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// The thumbprint of a key, or what the install numbered.
    private static func isId(_ word: String) -> Bool {
        let isThumbprint = word.utf8.count == 43 && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        return isThumbprint
            || ["ak_", "agent_", "tok_", "sess_", "org_", "inst_"].contains { word.hasPrefix($0) && word.utf8.count == $0.utf8.count + 26 }
    }

    private static func bars(_ word: String) -> String {
        guard let first = word.first, "·░█▒✗│".contains(first) else { return word }
        var short = ""
        for mark in word where mark != short.last { short.append(mark) }
        return short
    }
}

extension String {
    /// Without what is on both ends.
    fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> String {
        guard let first = firstIndex(where: { !isTrimmed($0) }), let last = lastIndex(where: { !isTrimmed($0) }) else { return "" }
        return String(self[first...last])
    }
}
