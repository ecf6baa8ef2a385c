import ArgumentParser

struct ListTokens: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the access tokens of an identity that are good now.",
        discussion: """
            latchkey tokens list --identity agent_01ARZ3NDEKTSV4RRFFQ69G5FAV
            """
    )

    @Option(help: ArgumentHelp("The identity that the tokens speak for.", valueName: "id"))
    var identity: String

    @OptionGroup var limit: LimitOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    private static let titles = ["TOKEN", "SESSION", "ISSUED", "EXPIRES", "AUDIENCE", "SCOPES"]

    func run() async throws {
        try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.printList(
                "/v1/tokens/\(PathText.encoded(identity))", limit: limit.limit, json: daemon.json, titles: Self.titles
            ) { token in
                ["jti", "sid", "issuedAt", "expiresAt"].map { token[$0]?.text ?? "" }
                    + ["audience", "scopes"].map { (token[$0]?.texts ?? []).joined(separator: " ") }
            }
        }
    }
}
