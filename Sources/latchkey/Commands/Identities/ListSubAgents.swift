import ArgumentParser

struct ListSubAgents: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the identities directly below another one, newest first.",
        discussion: "latchkey identities sub-agents list agent_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    )

    @Argument(help: "The parent's id.")
    var parent: String

    @OptionGroup var limit: LimitOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.printList(
                "/v1/identities/\(PathText.encoded(parent))/sub-agents", limit: limit.limit, json: daemon.json,
                titles: IdentityReport.titles
            ) {
                IdentityReport($0).row
            }
        }
    }
}
