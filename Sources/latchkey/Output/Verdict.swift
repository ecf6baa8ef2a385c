/// How something went, as a mark and a word. It went well only when the daemon said exactly `allowed`: anything else, and nothing at all, is a
/// refusal.
struct Verdict: Equatable {
    let isAllowed: Bool
    let word: String

    init(_ result: String?) {
        isAllowed = result == "allowed"
        word = isAllowed ? "allowed" : result == "error" ? "error" : "denied"
    }

    init(isAllowed: Bool) { self.init(isAllowed ? "allowed" : "denied") }

    var mark: String { isAllowed ? Self.good : Self.bad }
    var text: String { "\(mark) \(word)" }
    var colour: Colour { isAllowed ? .green : .red }

    /// Of a table's row whose `column` holds a verdict's mark or text.
    static func colour(of row: [String], column: Int) -> Colour? {
        guard row.indices.contains(column) else { return nil }
        return row[column].hasPrefix(good) ? .green : .red
    }

    private static let good = "✓"
    private static let bad = "✗"
}
