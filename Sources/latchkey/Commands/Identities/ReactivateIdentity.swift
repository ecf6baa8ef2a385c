import ArgumentParser

struct ReactivateIdentity: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "reactivate",
        abstract: "Let a suspended identity have tokens again.",
        discussion: """
            latchkey identities reactivate agent_01ARZ3NDEKTSV4RRFFQ69G5FAV

            It alone, not what descends from it. No token or session from before comes back; its own API keys do.
            """
    )

    @Argument(help: "The identity's id.")
    var id: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) {
            try await $0.post("/v1/identities/\(PathText.encoded(id))/reactivate")
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(IdentityReport(document.root).facts)
    }
}
