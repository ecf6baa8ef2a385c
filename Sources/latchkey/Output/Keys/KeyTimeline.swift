import LatchkeyVerifier

/// The lives of signing keys on one line each: what was on the left of a mark for now, what is planned on its right.
///
/// It is drawn from the keys' own moments; the plan goes as far as the next rotation and the graces that follow from it.
struct KeyTimeline {
    /// One key's moments, as far as they have come.
    struct Life {
        let id: String
        let status: String
        let published: Timestamp
        let activated: Timestamp?
        let deactivated: Timestamp?
        /// When it will leave the JWKS.
        let leaves: Timestamp?
        let left: Timestamp?
    }

    struct Plan {
        /// When the standby begins to sign; `nil` when that is not known.
        let rotation: Timestamp?
        /// In seconds.
        let rotationPeriod: Int64
        /// In seconds.
        let graceAfterUse: Int64
    }

    enum Style {
        case blocks
        /// For files, pipes and terminals of old: ASCII only.
        case letters
    }

    /// Room for the key's first characters and its status.
    static let labelWidth = 18
    static let fewestColumns = 20
    static let mostColumns = 100

    let style: Style
    let lives: [Life]
    let axis: TimeAxis
    private let now: Timestamp
    private let plan: Plan

    /// - Parameter width: columns that a line may take; fewer than 40 are not enough, and 40 are taken.
    init(_ lives: [Life], at now: Timestamp, plan: Plan, width: Int, style: Style) {
        self.style = style
        self.now = now
        self.plan = plan
        // The youngest last; of those of one moment, the one that has not signed.
        let never = Timestamp(milliseconds: .max)
        self.lives = lives.sorted { ($0.published, $0.activated ?? never, $0.id) < ($1.published, $1.activated ?? never, $1.id) }
        let rotation = plan.rotation.map { max($0, now) }
        // Some way beyond the rotation, so that it can be seen who signs then.
        let beyond = plan.graceAfterUse + plan.rotationPeriod / 6
        let ends = lives.compactMap(\.leaves) + [rotation?.adding(seconds: beyond)].compactMap { $0 }
        let first = lives.map(\.published).min() ?? now
        // What ended long ago would press the present together.
        let start = max(min(first, now), now.adding(seconds: -3 * max(plan.rotationPeriod, 86_400)))
        let least = max((now.seconds - start.seconds) / 10, 3600)
        let end = max(ends.max() ?? now, now.adding(seconds: least))
        axis = TimeAxis(
            start: start, now: now, end: end, columns: min(max(width - Self.labelWidth - 1, Self.fewestColumns), Self.mostColumns))
    }

    /// Two lines of head, a line for each key, and what the marks mean.
    var lines: [String] {
        guard !lives.isEmpty else { return ["there are no signing keys"] }
        let indent = String(repeating: " ", count: Self.labelWidth)
        let head = axis.head(now: style == .blocks ? "▼" : "v").map { indent + $0 }
        return (head + lives.map { label($0) + lane($0) }).map(Self.withoutTail) + legend(width: Self.labelWidth + 1 + axis.columns)
    }

    private func label(_ life: Life) -> String {
        let text = life.id.prefix(8) + " " + life.status.prefix(8)
        return text + String(repeating: " ", count: Self.labelWidth - text.count)
    }

    private func lane(_ life: Life) -> String {
        let spans = LifeSpans(life, now: now, plan: plan, end: axis.end)
        let cell = { (from: Timestamp, to: Timestamp) in symbol(spans.mark(from: from, to: to)) }
        return axis.past.map(cell).joined() + (style == .blocks ? "│" : "|") + axis.future.map(cell).joined()
    }

    private func symbol(_ mark: LifeSpans.Mark) -> String {
        switch (mark, style) {
        case (.absent, _): " "
        case (.published, .blocks): "·"
        case (.published, .letters): "p"
        case (.standby, .blocks): "░"
        case (.standby, .letters): "w"
        case (.signs, .blocks): "█"
        case (.signs, .letters): "S"
        case (.grace, .blocks): "▒"
        case (.grace, .letters): "g"
        case (.revoked, .blocks): "✗"
        case (.revoked, .letters): "X"
        }
    }

    private func legend(width: Int) -> [String] {
        let marks: [(LifeSpans.Mark, String)] = [
            (.published, "published"), (.standby, "standby, waits"), (.signs, "signs"), (.grace, "grace, verifies only"),
            (.revoked, "revoked"),
        ]
        let items = marks.map { "\(symbol($0.0)) \($0.1)" } + [style == .blocks ? "│ now" : "| now"]
        var lines: [String] = []
        for item in items {
            if let last = lines.last, last.count + 2 + item.count <= width {
                lines[lines.count - 1] = last + "  " + item
            } else {
                lines.append(item)
            }
        }
        return lines
    }

    /// Spaces at the end of a line are no mark.
    private static func withoutTail(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}
