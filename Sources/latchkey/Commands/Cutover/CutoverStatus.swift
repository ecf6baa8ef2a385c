import ArgumentParser

struct CutoverStatus: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say where the cutover stands, who still presents HS256 tokens, and what the next step waits for.",
        discussion: "latchkey cutover status"
    )

    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { try await $0.get("/v1/admin/cutover") }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(try CutoverReport(document.root).facts)
    }
}
