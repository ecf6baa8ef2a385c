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

            Some routes need an identity behind the caller, which no scope gives. An API key has one that an identity made for itself.
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
        let (document, hasIdentity) = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            let asked = try await holder(client)
            let answer = try await client.post("/v1/scopes/explain") { $0.member("scopes", asked.scopes) }
            return (answer, asked.hasIdentity)
        }
        if daemon.json { return try Output.json(document.root.raw) }
        guard let routes = document.root["routes"]?.elements else { throw JSONScanner.foreign }
        var table = Table(Self.titles) { Verdict.colour(of: $0, column: 0) }
        try table.print(routes.map { Self.row($0, hasIdentity: hasIdentity) })
    }

    private static func row(_ route: JSONValue, hasIdentity: Bool) -> [String] {
        let lacksIdentity = route["needsIdentity"]?.bool == true && !hasIdentity
        let isAllowed = route["allowed"]?.bool == true && !lacksIdentity
        let missing = route["missing"]?.text ?? (lacksIdentity ? "an identity" : "")
        let (method, path, summary) = (route["method"]?.text ?? "", route["path"]?.text ?? "", route["summary"]?.text ?? "")
        return [Verdict(isAllowed: isAllowed).mark, method, path, missing, summary]
    }

    /// The scopes, and whether there is an identity behind whoever holds them.
    private func holder(_ client: DaemonClient) async throws(CommandFailure) -> (scopes: [String], hasIdentity: Bool) {
        guard scope.isEmpty else { return (scope, false) }
        let path = identity.map { "/v1/identities/\(PathText.encoded($0))" } ?? "/v1/api-keys/\(PathText.encoded(apiKey ?? ""))"
        let answer = try await client.get(path).root
        guard let scopes = answer["scopes"]?.texts else { throw JSONScanner.foreign }
        return (scopes, identity != nil || answer["kind"]?.text == "self_service")
    }
}
