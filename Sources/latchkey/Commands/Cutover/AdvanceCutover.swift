import ArgumentParser

struct AdvanceCutover: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "advance",
        abstract: "Take the cutover's next step, when every gate of it lets it pass.",
        discussion: """
            latchkey cutover advance --dry-run
            latchkey cutover advance
            latchkey cutover advance --to published --yes

            What was measured is printed first, then the word PROCEED is asked for. With --to, a step that was taken already is not taken again. \
            The last step is latchkey cutover purge.
            """
    )

    @Option(help: ArgumentHelp("The phase to go to; it must be the next one.", valueName: "phase"))
    var to: CutoverPhase?

    @OptionGroup var step: StepOptions
    @OptionGroup var daemon: SocketOptions

    func run() async throws { try await CutoverStep(.advance, to: to?.rawValue, step, json: daemon.json).run(daemon) }
}
