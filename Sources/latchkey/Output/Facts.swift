/// Named facts about one thing, one a line: aligned on a terminal, `name`, tab, value elsewhere. A fact without a value is left out.
enum Facts {
    static func print(_ facts: [(name: String, value: String?)]) throws(CommandFailure) {
        for line in lines(facts) { try Output.line(line) }
    }

    /// As `print`, to standard error.
    static func note(_ facts: [(name: String, value: String?)]) {
        for line in lines(facts, aligned: true) { Output.note(line) }
    }

    private static func lines(_ facts: [(name: String, value: String?)], aligned: Bool = Output.isTerminal) -> [String] {
        let width = facts.map(\.name.count).max() ?? 0
        return facts.compactMap { name, value in
            guard let value, !value.isEmpty else { return nil }
            let gap = aligned ? String(repeating: " ", count: width - name.count + 2) : "\t"
            return name + gap + Shown.text(value)
        }
    }
}
