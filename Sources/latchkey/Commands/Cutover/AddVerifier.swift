import ArgumentParser
import LatchkeyVerifier

struct AddVerifier: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "List a verifier, or say anew what it accepts.",
        discussion: """
            latchkey cutover verifiers add gateway --accepts hs256
            latchkey cutover verifiers add gateway --accepts rs256,hs256
            """
    )

    @Argument(help: "Its name, 1 to 100 characters.")
    var name: String

    @Option(help: ArgumentHelp("What it accepts: rs256, hs256, or both, joined by a comma.", valueName: "algorithms"))
    var accepts: AcceptedAlgorithms

    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { client in
            try await client.post("/v1/admin/cutover/verifiers") { writer in
                writer.member("name", name)
                writer.member("accepts", accepts.names)
            }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        var table = Table(VerifierReport.titles)
        try table.print(VerifierReport.rows(document.root["verifiers"]))
        let lacksRS256 = accepts.names == ["HS256"] ? "; the step to cutover waits until it accepts RS256" : ""
        Output.note("\(name) is listed\(lacksRS256)")
    }
}
