import ArgumentParser

struct ShowAnchor: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the trust anchor's fingerprint, and write its file.",
        discussion: """
            latchkey anchor show
            latchkey anchor show --out anchor.pem

            The fingerprint is made to be read to each other. It begins as this does:
            openssl pkey -pubin -in anchor.pem -outform DER | openssl dgst -sha256
            """
    )

    @Option(help: ArgumentHelp("Write the public key to this file (PEM), which is replaced if it is there.", valueName: "path"))
    var out: String?

    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { try await $0.get("/v1/admin/anchor") }
        let report = try AnchorFacts(document.root)
        if let out { try report.write(to: out) }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(report.facts(file: out))
    }
}
