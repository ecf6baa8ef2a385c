/// Compares what a document shows with what came.
///
/// Lines are compared in form, in any order (keys of one moment stand in the order of their random ids). A line that is only `…` stands for any
/// lines, and a line that ends in `…` for all that begin so.
struct OutputMatch {
    /// Shown, and not there.
    private(set) var missing: [String] = []
    /// There, and not shown.
    private(set) var surplus: [String] = []
    /// The ids that stand in the places of the shown ones.
    private(set) var ids: [String: String] = [:]

    init(shown: [String], real: [String]) {
        var rest = real.filter { !$0.allSatisfy(\.isWhitespace) }
        for line in shown where !line.allSatisfy(\.isWhitespace) && line != "…" {
            guard let found = rest.firstIndex(where: { Self.isAlike(line, $0) }) else {
                missing.append(line)
                continue
            }
            for (mine, its) in zip(OutputForm(line).ids, OutputForm(rest[found]).ids) { ids[mine] = its }
            rest.remove(at: found)
        }
        if !shown.contains("…") { surplus = rest }
    }

    private static func isAlike(_ shown: String, _ real: String) -> Bool {
        guard shown.hasSuffix("…") else { return OutputForm(shown) == OutputForm(real) }
        let beginning = String(shown.dropLast())
        return real.hasPrefix(beginning) || OutputForm(real).text.hasPrefix(OutputForm(beginning).text)
    }
}
