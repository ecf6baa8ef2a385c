import ArgumentParser
import LatchkeyVerifier

struct ExplainScopes: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which routes of the API some scopes can call, and what they lack for the others.",
        discussion: """
            latchkey scopes explain --scope relayauth:identity:read --scope relayauth:token:create
            latchkey scopes explain --identity agent_01ARZ3NDEKTSV4RRFFQ69G5FAV
            latchkey scopes explain --api-key ak_01ARZ3NDEKTSV4RRFFQ69G5FAV
            """
    )

    @Option(help: "A scope; may be repeated.")
    var scope: [String] = []

    @Option(help: ArgumentHelp("In place of --scope: the scopes of this identity.", valueName: "id"))
    var identity: String?

    @Option(help: ArgumentHelp("In place of --scope: the scopes of this API key.", valueName: "id"))
    var apiKey: String?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    private static let titles = ["", "METHOD", "PATH", "MISSING", "SUMMARY"]

    func validate() throws {
        guard [!scope.isEmpty, identity != nil, apiKey != nil].filter({ $0 }).count == 1 else {
            throw ValidationError("say whose scopes, with one of --scope, --identity and --api-key")
        }
    }

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            let scopes = try await scopes(client)
            return try await client.post("/v1/scopes/explain") { $0.member("scopes", scopes) }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        guard let routes = document.root["routes"]?.elements else { throw JSONScanner.foreign }
        var table = Table(Self.titles) { Verdict.colour(of: $0, column: 0) }
        try table.print(
            routes.map { route in
                [Verdict(isAllowed: route["allowed"]?.bool == true).mark]
                    + ["method", "path", "missing", "summary"].map { route[$0]?.text ?? "" }
            })
    }

    private func scopes(_ client: DaemonClient) async throws(CommandFailure) -> [String] {
        guard scope.isEmpty else { return scope }
        let path = identity.map { "/v1/identities/\(PathText.encoded($0))" } ?? "/v1/api-keys/\(PathText.encoded(apiKey ?? ""))"
        guard let scopes = try await client.get(path).root["scopes"]?.texts else { throw JSONScanner.foreign }
        return scopes
    }
}
