import ArgumentParser

struct ListAPIKeys: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the organisation's API keys, newest first, revoked ones included.",
        discussion: """
            latchkey api-keys list
            latchkey api-keys list --limit 20 --json
            """
    )

    @OptionGroup var limit: LimitOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.printList("/v1/api-keys", limit: limit.limit, json: daemon.json, titles: APIKeyReport.titles) {
                APIKeyReport($0).row
            }
        }
    }
}
