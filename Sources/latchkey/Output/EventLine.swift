/// An event for people, on one line: how it went, who, what, and why not.
///
/// The verdict is the event's own `result` and nothing else says `allowed`. An event whose very name is a refusal is never shown as allowed,
/// whatever its result.
struct EventLine {
    private let event: JSONValue

    init(_ event: JSONValue) { self.event = event }

    /// Whether another event says the same: a refusal that goes with a check that was denied.
    var isEcho: Bool { type == "scope.denied" && event["via"]?.text == "scope.check" }

    /// - Parameters:
    ///   - colour: whether the verdict is painted.
    ///   - time: whether the moment comes first.
    func text(colour: Bool, time: Bool) -> String {
        let verdict = verdict
        var head = "\(verdict.mark) \(type == "token.invalid" ? "invalid" : verdict.word)"
        if colour { head = verdict.colour.painted(head) }
        let parts = isChange && verdict.isAllowed ? ["• \(Shown.word(type))"] + change : [head] + decision
        let moment = time ? [Shown.word(event["timestamp"]?.text ?? "-")] : []
        let line = (moment + parts.filter { !$0.isEmpty }).joined(separator: "  ")
        return verdict.isAllowed ? line + grant : line + reason
    }

    private var type: String { event["type"]?.text ?? "unknown" }

    private var verdict: Verdict {
        let namesRefusal =
            type.hasSuffix(".denied") || type.hasSuffix("_denied") || type == "token.invalid" || type == "token.reuse_detected"
        let verdict = Verdict(event["result"]?.text)
        return namesRefusal && verdict.isAllowed ? Verdict(isAllowed: false) : verdict
    }

    /// Whether it tells of something that was done, not of something that was decided.
    private var isChange: Bool { !["token.verified", "token.invalid", "scope.check", "scope.denied"].contains(type) }

    /// Whom it happened to, and who did it.
    private var change: [String] {
        let actor = event["actor"]?.text ?? ""
        return [subject, actor.isEmpty || Shown.word(actor) == subject ? "" : "by \(Shown.word(actor))"]
    }

    /// Who asked, and for what.
    private var decision: [String] {
        let who = isChange ? event["actor"]?.text : event["name"]?.text ?? event["actor"]?.text
        let asked = event["scope"]?.text ?? (type == "token.invalid" ? "" : type)
        return [Shown.word(who ?? "-"), asked.isEmpty ? "" : Shown.word(asked), isChange && event["scope"] == nil ? subject : ""]
    }

    private var subject: String {
        (event["name"]?.text ?? event["identityId"]?.text ?? event["resource"]?.text).map(Shown.word) ?? ""
    }

    /// The scope by which it was allowed, when it is another than the one that was asked for.
    private var grant: String {
        guard !isChange, let matched = event["matchedScope"]?.text, matched != event["scope"]?.text else { return "" }
        return " (by \(Shown.word(matched)))"
    }

    private var reason: String {
        let missing = event["missing"]?.texts ?? []
        guard missing.isEmpty else { return " (missing \(missing.map(Shown.word).joined(separator: ", ")))" }
        return event["message"]?.text.map { " (\(Shown.sentence($0)))" } ?? ""
    }
}
