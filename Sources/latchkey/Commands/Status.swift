import ArgumentParser

struct Status: AsyncCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say how the install is, and what to do next.",
        discussion: """
            latchkey status
            latchkey status --socket ./state/admin.sock --json
            """
    )

    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { try await $0.get("/v1/admin/status") }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(StatusReport(document.root).facts)
    }
}
