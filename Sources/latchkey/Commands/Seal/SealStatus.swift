import ArgumentParser

struct SealStatus: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say whether the sealed keys can be opened, and where their master key is.",
        discussion: "latchkey seal status"
    )

    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { try await $0.get("/v1/admin/status") }
        guard let seal = document.root["seal"] else { throw JSONScanner.foreign }
        if daemon.json { return try Output.json(seal.raw) }
        try Facts.print(try SealReport(seal).facts)
    }
}
