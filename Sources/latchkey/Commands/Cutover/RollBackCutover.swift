import ArgumentParser

struct RollBackCutover: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Take the cutover one phase back; it works from the next request on.",
        discussion: """
            latchkey cutover rollback --dry-run
            latchkey cutover rollback
            latchkey cutover rollback --to published --yes

            Purged can't be taken back: the secret is gone.
            """
    )

    @Option(help: ArgumentHelp("The phase to go to; it must be the one before.", valueName: "phase"))
    var to: CutoverPhase?

    @OptionGroup var step: StepOptions
    @OptionGroup var daemon: SocketOptions

    func run() async throws { try await CutoverStep(.rollBack, to: to?.rawValue, step, json: daemon.json).run(daemon) }
}
