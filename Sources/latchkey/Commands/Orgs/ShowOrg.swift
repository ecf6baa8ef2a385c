import ArgumentParser

struct ShowOrg: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the organisation that the command acts in.",
        discussion: """
            latchkey orgs show
            latchkey orgs show --org org_01ARZ3NDEKTSV4RRFFQ69G5FAV
            """
    )

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { try await $0.get("/v1/admin/org") }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(OrganisationReport(document.root).facts)
    }
}
