import ArgumentParser
import LatchkeyVerifier

struct CreateIdentity: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create an identity.",
        discussion: """
            latchkey identities create --name indexer --sponsor ada@example.org --scope relayfile:fs:read:/docs/* --metadata team=search
            """
    )

    @Option(help: "Its name, 1 to 100 characters, once in the organisation.")
    var name: String

    @Option(help: "The accountable person.")
    var sponsor: String

    @Option(help: "A scope that its tokens may hold, plane:resource:action[:path]; may be repeated.")
    var scope: [String] = []

    @Option(help: "agent, human or service (default: agent).")
    var type: String?

    @Option(help: "The workspace it belongs to (default: the organisation).")
    var workspace: String?

    @OptionGroup var metadata: MetadataOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/identities") { writer in
                writer.member("name", name)
                writer.member("sponsorId", sponsor)
                writer.member("type", ifPresent: type)
                writer.member("workspaceId", ifPresent: workspace)
                writer.member("scopes", scope)
                metadata.write(to: &writer)
            }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(IdentityReport(document.root).facts)
    }
}
