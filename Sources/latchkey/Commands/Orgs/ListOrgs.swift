import ArgumentParser

struct ListOrgs: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the install's organisations, newest first, over the admin socket.",
        discussion: "latchkey orgs list"
    )

    @OptionGroup var limit: LimitOptions
    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        try await DaemonClient.with(daemon) { client in
            try await client.printList("/v1/admin/orgs", limit: limit.limit, json: daemon.json, titles: OrganisationReport.titles) {
                OrganisationReport($0).row
            }
        }
    }
}
