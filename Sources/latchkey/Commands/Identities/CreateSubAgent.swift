import ArgumentParser
import LatchkeyVerifier

struct CreateSubAgent: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create an identity below another one, and print its access token.",
        discussion: """
            latchkey identities sub-agents create agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --name helper --scope relayfile:fs:read:/docs/* --expires-in 900

            It can hold no more than its parent, and is suspended, retired and deleted with it. The refresh token is in the JSON alone.
            """
    )

    @Argument(help: "The parent's id.")
    var parent: String

    @Option(help: "Its name, 1 to 100 characters, once in the organisation.")
    var name: String

    @Option(help: "A scope that its tokens may hold (default: those of its parent); may be repeated.")
    var scope: [String] = []

    @Flag(help: "It holds no scope at all.")
    var noScopes = false

    @Option(help: ArgumentHelp("Life of the access token.", valueName: "seconds"))
    var expiresIn: Int64?

    @OptionGroup var metadata: MetadataOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func validate() throws {
        if noScopes, !scope.isEmpty { throw ValidationError("--scope and --no-scopes say two things") }
    }

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/identities/\(PathText.encoded(parent))/sub-agents") { writer in
                writer.member("name", name)
                if noScopes || !scope.isEmpty { writer.member("scopes", scope) }
                if !metadata.metadata.isEmpty { metadata.write(to: &writer) }
                if let expiresIn { writer.member("ttl", expiresIn) }
            }
        }
        // Standard output is the token's alone.
        if !daemon.json, let identity = document.root["identity"] { Facts.note(IdentityReport(identity).facts) }
        try TokenOutput(document, in: "tokenPair").print(["accessToken"], json: daemon.json)
    }
}
