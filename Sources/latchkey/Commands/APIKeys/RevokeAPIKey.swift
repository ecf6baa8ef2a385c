import ArgumentParser
import LatchkeyVerifier

struct RevokeAPIKey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke an API key, for good and from this moment on.",
        discussion: "latchkey api-keys revoke ak_01ARZ3NDEKTSV4RRFFQ69G5FAV --reason 'found in a log'"
    )

    @Argument(help: "The key's id.")
    var id: String

    @Option(help: "Why, for the audit log.")
    var reason: String?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/api-keys/\(PathText.encoded(id))/revoke") { $0.member("reason", ifPresent: reason) }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(APIKeyReport(document.root).facts)
    }
}
