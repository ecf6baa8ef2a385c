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
        let parts = isChange && verdict.isAllowed ? ["• \(shown(type))"] + change : [head] + decision(verdict)
        let moment = time ? [shown(event["timestamp"]?.text ?? "-")] : []
        return (moment + parts.filter { !$0.isEmpty }).joined(separator: "  ")
    }

    private var type: String { event["type"]?.text ?? "unknown event" }

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
        let subject = event["name"]?.text ?? event["identityId"]?.text ?? event["resource"]?.text ?? ""
        let actor = event["actor"]?.text ?? ""
        return [shown(subject), actor.isEmpty || actor == subject ? "" : "by \(shown(actor))"]
    }

    /// Who asked, for what, and the reason.
    private func decision(_ verdict: Verdict) -> [String] {
        let who = isChange ? event["actor"]?.text : event["name"]?.text ?? event["actor"]?.text
        let scope = event["scope"]?.text
        let what =
            scope.map(shown) ?? (type == "token.invalid" ? "" : ([shown(type)] + (isChange ? [subject] : [])).joined(separator: "  "))
        return [shown(who ?? "-"), what + reason(verdict, asked: scope)]
    }

    private var subject: String { shown(event["name"]?.text ?? event["identityId"]?.text ?? event["resource"]?.text ?? "") }

    private func reason(_ verdict: Verdict, asked: String?) -> String {
        if verdict.isAllowed {
            guard let matched = event["matchedScope"]?.text, matched != asked else { return "" }
            return " (by \(shown(matched)))"
        }
        let missing = event["missing"]?.texts ?? []
        let why = missing.isEmpty ? event["message"]?.text.map(shown) : "missing " + missing.map(shown).joined(separator: ", ")
        return why.map { " (\($0))" } ?? ""
    }

    private func shown(_ text: String) -> String { Shown.text(text) }
}
