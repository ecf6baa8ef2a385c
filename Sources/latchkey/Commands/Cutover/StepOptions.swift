import ArgumentParser

/// How a step of the cutover is taken.
struct StepOptions: ParsableArguments {
    @Flag(help: "Measure and say what would happen; nothing is changed. The exit code is 1 when a gate refuses.")
    var dryRun = false

    @Flag(help: "Don't ask. Needed where there is no terminal to ask at.")
    var yes = false

    @Option(help: ArgumentHelp("Go on although a gate refuses, and why, for the audit log.", valueName: "reason"))
    var override: String?

    func validate() throws {
        guard dryRun || yes || Confirmation.canAsk else {
            throw ValidationError("there is no terminal to ask at: say --yes if this is meant, or --dry-run to look; nothing was done")
        }
        if let override, override.allSatisfy(\.isWhitespace) { throw ValidationError("--override needs a reason; nothing was done") }
    }
}

/// A phase to go to.
enum CutoverPhase: String, ExpressibleByArgument, CaseIterable {
    case legacy, published, cutover, sunset
}
