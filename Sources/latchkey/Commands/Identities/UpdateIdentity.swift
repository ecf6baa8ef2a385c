import ArgumentParser
import LatchkeyVerifier

struct UpdateIdentity: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change an identity's name, type, scopes, roles or metadata.",
        discussion: """
            latchkey identities update agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --scope relayfile:fs:read:/docs/* --scope relayfile:fs:write:/docs/*
            latchkey identities update agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --no-scopes

            Scopes, roles and metadata are replaced as a whole by those that are given. What is not named stays as it is.
            """
    )

    @Argument(help: "The identity's id.")
    var id: String

    @Option(help: "Its new name.")
    var name: String?

    @Option(help: "agent, human or service.")
    var type: String?

    @Option(help: "A scope that its tokens may hold; may be repeated.")
    var scope: [String] = []

    @Flag(help: "Take all its scopes away.")
    var noScopes = false

    @Option(help: "A role, which grants nothing; may be repeated.")
    var role: [String] = []

    @Flag(help: "Take all its roles away.")
    var noRoles = false

    @OptionGroup var metadata: MetadataOptions

    @Flag(help: "Take all its metadata away.")
    var noMetadata = false

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func validate() throws {
        if noScopes, !scope.isEmpty { throw ValidationError("--scope and --no-scopes say two things") }
        if noRoles, !role.isEmpty { throw ValidationError("--role and --no-roles say two things") }
        if noMetadata, !metadata.metadata.isEmpty { throw ValidationError("--metadata and --no-metadata say two things") }
        guard name != nil || type != nil || changesScopes || changesRoles || changesMetadata else {
            throw ValidationError("say what to change, with --name, --type, --scope, --role or --metadata; nothing was changed")
        }
    }

    private var changesScopes: Bool { noScopes || !scope.isEmpty }
    private var changesRoles: Bool { noRoles || !role.isEmpty }
    private var changesMetadata: Bool { noMetadata || !metadata.metadata.isEmpty }

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.patch("/v1/identities/\(PathText.encoded(id))") { writer in
                writer.member("name", ifPresent: name)
                writer.member("type", ifPresent: type)
                if changesScopes { writer.member("scopes", scope) }
                if changesRoles { writer.member("roles", role) }
                if changesMetadata { metadata.write(to: &writer) }
            }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(IdentityReport(document.root).facts)
    }
}
