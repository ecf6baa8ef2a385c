import ArgumentParser
import LatchkeyVerifier

struct RemoveVerifier: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take a verifier from the list: no gate asks about it any more.",
        discussion: "latchkey cutover verifiers remove gateway"
    )

    @Argument(help: "Its name.")
    var name: String

    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { client in
            try await client.post("/v1/admin/cutover/verifiers") { writer in
                writer.member("name", name)
                writer.member("remove", true)
            }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        var table = Table(VerifierReport.titles)
        try table.print(VerifierReport.rows(document.root["verifiers"]))
        Output.note("\(name) is not listed any more")
    }
}
