import ArgumentParser
import LatchkeyVerifier

struct CreateOrg: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create an organisation, over the admin socket.",
        discussion: "latchkey orgs create --name 'Research'"
    )

    @Option(help: "Its name, 1 to 100 characters, once in the install.")
    var name: String

    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { client in
            try await client.post("/v1/admin/orgs") { $0.member("name", name) }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(OrganisationReport(document.root).facts)
    }
}
