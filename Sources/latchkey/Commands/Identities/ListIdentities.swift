import ArgumentParser

struct ListIdentities: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the organisation's identities, newest first.",
        discussion: """
            latchkey identities list --status active --type agent
            """
    )

    @Option(help: "Only those that are active, suspended or retired.")
    var status: String?

    @Option(help: "Only agents, humans or services: agent, human, service.")
    var type: String?

    @Option(help: "Only those of this workspace.")
    var workspace: String?

    @OptionGroup var limit: LimitOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let filters: [(name: String, value: String?)] = [("status", status), ("type", type), ("workspaceId", workspace)]
        try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.printList(
                "/v1/identities", query: filters, limit: limit.limit, json: daemon.json, titles: IdentityReport.titles
            ) {
                IdentityReport($0).row
            }
        }
    }
}
