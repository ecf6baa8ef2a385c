import ArgumentParser

struct QueryAudit: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "List audit entries, newest first.",
        discussion: """
            latchkey audit query --result denied --from 24h
            latchkey audit query --identity agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --action token.issued --limit 20
            """
    )

    @OptionGroup var scope: AuditScopeOptions
    @OptionGroup var filters: AuditFilters
    @OptionGroup var limit: LimitOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let query = [("identityId", scope.identity)] + filters.pairs() + [("unattributed", scope.unattributed ? "true" : nil)]
        try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.printAudit("/v1/audit", query: query, limit: limit.limit, json: daemon.json)
        }
    }
}
