import ArgumentParser

struct PurgeCutover: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "End the cutover: destroy the legacy secret, for good.",
        discussion: """
            latchkey cutover purge --dry-run
            latchkey cutover purge

            After it nothing can be rolled back. Backups that were made before still hold the secret.
            """
    )

    @OptionGroup var step: StepOptions
    @OptionGroup var daemon: SocketOptions

    func run() async throws { try await CutoverStep(.purge, to: nil, step, json: daemon.json).run(daemon) }
}
