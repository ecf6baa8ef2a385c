import ArgumentParser

struct ShowAPIKey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one API key, without its secret.",
        discussion: "latchkey api-keys show ak_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    )

    @Argument(help: "The key's id.")
    var id: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) {
            try await $0.get("/v1/api-keys/\(PathText.encoded(id))")
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(APIKeyReport(document.root).facts)
    }
}
