/// The daemon's answer to a step of the cutover, looked at or taken.
struct CutoverPlan {
    let from: String
    let to: String
    let isDone: Bool
    let gates: [GateReport]
    private let overridden: String?

    /// - Throws: `.failed` when it is no such answer.
    init(_ answer: JSONValue) throws(CommandFailure) {
        guard let from = answer["from"]?.text, let to = answer["to"]?.text, let isDone = answer["done"]?.bool else {
            throw JSONScanner.foreign
        }
        self.from = from
        self.to = to
        self.isDone = isDone
        gates = try GateReport.all(answer["gates"])
        overridden = answer["overridden"]?.text
    }

    var isAlreadyThere: Bool { from == to }
    var alreadyThere: String { "the cutover stands in \(to) already; nothing was done" }

    /// The step, and each gate of it.
    func lines(isOverridden: Bool) -> [String] {
        let step = "from \(Shown.sentence(from)) to \(Shown.sentence(to))"
        guard !gates.isEmpty else { return [step, "no gate is on this way"] }
        return [step] + gates.map { $0.line + ($0.refuses(isOverridden: isOverridden) || $0.isPassed ? "" : " (overridden)") }
    }

    var question: String { "\(PhaseWords.consequence(of: to)). go from \(from) to \(to)?" }

    /// Why the step is not to be taken; `nil` when nothing refuses that has not been overridden.
    func refusal(isOverridden: Bool) -> CommandFailure? {
        let refusing = gates.filter { $0.refuses(isOverridden: isOverridden) }
        guard !refusing.isEmpty else { return nil }
        let names = refusing.map(\.name).joined(separator: ", ")
        let hint =
            refusing.allSatisfy(\.isOverridable)
            ? "mend what is marked ✗, or go on all the same with --override REASON, which is audited"
            : "mend what is marked ✗; it can't be overridden"
        return CommandFailure(
            .failed,
            "\(refusing.count == 1 ? "the gate \(names) refuses" : "the gates \(names) refuse") the step to \(to); nothing was done",
            hint: hint)
    }

    /// What was done, what was measured only then, and what is next.
    func outcome(after plan: CutoverPlan) -> [(name: String, value: String?)] {
        let known = Set(plan.gates.map(\.name))
        return [("was", from), ("stands in", to), ("now", PhaseWords.meaning(of: to)), ("overridden because", overridden)]
            + gates.filter { !known.contains($0.name) }.map { ("gate", $0.line) } + [("next", PhaseWords.next(after: to))]
    }
}
