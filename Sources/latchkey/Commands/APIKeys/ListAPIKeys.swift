import ArgumentParser
import LatchkeyVerifier

struct ListAPIKeys: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the organisation's API keys, newest first, revoked ones included.",
        discussion: """
            latchkey api-keys list
            latchkey api-keys list --limit 20 --json
            latchkey api-keys list --unused 90d
            """
    )

    @Option(
        help: ArgumentHelp(
            "Only keys that still work and were not used for so long, or since this moment; a key that never was counts from its making.",
            valueName: "time"))
    var unused: PastMoment?

    @OptionGroup var limit: LimitOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let now = SystemClock().now()
        let moment = unused?.moment(before: now)
        try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            guard let moment else {
                return try await client.printList("/v1/api-keys", limit: limit.limit, json: daemon.json, titles: APIKeyReport.titles) {
                    APIKeyReport($0).row
                }
            }
            try await printUnused(client, since: moment, now: now)
        }
    }

    /// The limit is of what is printed, and the daemon knows no such filter: pages are looked through until there is enough.
    private func printUnused(_ client: DaemonClient, since moment: Timestamp, now: Timestamp) async throws(CommandFailure) {
        var output: ListOutput?
        var left = limit.limit ?? Int.max
        try await client.readPages("/v1/api-keys", limit: nil) { (page) throws(CommandFailure) in
            let found = page.filter { APIKeyReport($0).isUnused(since: moment, now: now) }.prefix(left)
            left -= found.count
            if output == nil { output = try ListOutput(json: daemon.json, titles: APIKeyReport.titles) }
            try output?.print(Array(found)) { APIKeyReport($0).row }
            return left > 0
        }
        try output?.finish()
    }
}
