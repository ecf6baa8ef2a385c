import ArgumentParser
import LatchkeyVerifier

struct IssueToken: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Issue a token pair for an identity, and print its access token.",
        discussion: """
            latchkey tokens issue --identity agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --scope relayfile:fs:read:/docs/* --expires-in 900
            latchkey tokens issue --identity agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --json

            The refresh token is in the JSON alone.
            """
    )

    @Option(help: ArgumentHelp("The identity that the token speaks for.", valueName: "id"))
    var identity: String

    @Option(help: "A scope of the token (default: all that the identity holds); may be repeated.")
    var scope: [String] = []

    @Option(help: "Who the token is for (default: the planes of its scopes); may be repeated.")
    var audience: [String] = []

    @Option(help: ArgumentHelp("Life of the access token.", valueName: "seconds"))
    var expiresIn: Int64?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/tokens") { writer in
                writer.member("identityId", identity)
                writer.member("scopes", scope)
                if !audience.isEmpty { writer.member("audience", audience) }
                if let expiresIn { writer.member("expiresIn", expiresIn) }
            }
        }
        try TokenOutput(document).print(["accessToken"], json: daemon.json)
    }
}
