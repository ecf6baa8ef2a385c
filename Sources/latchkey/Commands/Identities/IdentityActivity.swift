import ArgumentParser

struct IdentityActivity: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "activity",
        abstract: "List what an identity did and what was done to it, newest first.",
        discussion: "latchkey identities activity agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --from 7d --result denied"
    )

    @Argument(help: "The identity's id.")
    var id: String

    @OptionGroup var filters: AuditFilters
    @OptionGroup var limit: LimitOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.printAudit(
                "/v1/identities/\(PathText.encoded(id))/activity", query: filters.pairs(), limit: limit.limit, json: daemon.json)
        }
    }
}
