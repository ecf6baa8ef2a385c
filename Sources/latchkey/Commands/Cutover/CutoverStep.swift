import LatchkeyVerifier

/// A step of the cutover as a person takes it: look, read, say the word, and only then is it done.
struct CutoverStep {
    enum Direction: String {
        case advance
        case rollBack = "rollback"
        case purge
    }

    private let direction: Direction
    private let target: String?
    private let options: StepOptions
    private let json: Bool

    init(_ direction: Direction, to target: String?, _ options: StepOptions, json: Bool) {
        self.direction = direction
        self.target = target
        self.options = options
        self.json = json
    }

    func run(_ daemon: SocketOptions) async throws { try await DaemonClient.with(daemon) { try await take($0) } }

    private func take(_ client: DaemonClient) async throws {
        let shown = try await post(client, to: target, dryRun: true)
        let plan = try CutoverPlan(shown.root)
        if plan.isAlreadyThere { return try end(shown, plan.alreadyThere) }
        try show(plan)
        if let refusal = plan.refusal(isOverridden: options.override != nil) {
            if json { try Output.json(shown.root.raw) }
            throw refusal
        }
        if options.dryRun { return try end(shown, "nothing was done; without --dry-run the step can be taken now") }
        if !options.yes { try Confirmation.ask("\(plan.question) type PROCEED:", words: ["PROCEED"]) }
        // The phase that was shown, so that a step which somebody else took meanwhile is not followed by another.
        let done = try await post(client, to: direction == .purge ? nil : plan.to, dryRun: false)
        let outcome = try CutoverPlan(done.root)
        if json { return try Output.json(done.root.raw) }
        guard outcome.isDone else { return try Output.line(Shown.sentence(outcome.alreadyThere)) }
        try Facts.print(outcome.outcome(after: plan))
    }

    private func post(_ client: DaemonClient, to phase: String?, dryRun: Bool) async throws -> JSONDocument {
        try await client.post("/v1/admin/cutover/\(direction.rawValue)") { writer in
            writer.member("to", ifPresent: phase)
            if dryRun { writer.member("dryRun", true) }
            writer.member("override", ifPresent: options.override)
        }
    }

    /// What was measured: standard output is for it, but where a program reads the answer there.
    private func show(_ plan: CutoverPlan) throws(CommandFailure) {
        for line in plan.lines(isOverridden: options.override != nil) {
            if json { Output.note(line) } else { try Output.line(Shown.text(line)) }
        }
    }

    private func end(_ document: JSONDocument, _ sentence: String) throws(CommandFailure) {
        if json { return try Output.json(document.root.raw) }
        try Output.line(Shown.sentence(sentence))
    }
}
