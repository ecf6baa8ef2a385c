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
            let isBeginning = line.hasSuffix("…")
            let form = OutputForm(isBeginning ? String(line.dropLast()) : line)
            guard let found = rest.firstIndex(where: { isBeginning ? OutputForm($0).text.hasPrefix(form.text) : OutputForm($0) == form }) else {
                missing.append(line)
                continue
            }
            for (mine, its) in zip(form.ids, OutputForm(rest[found]).ids) { ids[mine] = its }
            rest.remove(at: found)
        }
        if !shown.contains("…") { surplus = rest }
    }
}
