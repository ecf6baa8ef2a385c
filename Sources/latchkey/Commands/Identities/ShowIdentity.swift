import ArgumentParser

struct ShowIdentity: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one identity.",
        discussion: "latchkey identities show agent_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    )

    @Argument(help: "The identity's id.")
    var id: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) {
            try await $0.get("/v1/identities/\(PathText.encoded(id))")
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(IdentityReport(document.root).facts)
    }
}
