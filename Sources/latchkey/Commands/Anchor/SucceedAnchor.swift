import ArgumentParser
import LatchkeyVerifier

struct SucceedAnchor: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "succeed",
        abstract: "Make a new trust anchor, which the old one signs before its private half is taken out of the store.",
        discussion: """
            latchkey anchor succeed
            latchkey anchor succeed --yes

            Verifiers that hold the old anchor's file need not do anything: each trust bundle from then on leads them to the new one. On a terminal it \
            asks first.
            """
    )

    @OptionGroup var confirmation: Confirmation
    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { client in
            if !confirmation.yes {
                let now = try AnchorFacts(await client.get("/v1/admin/anchor").root)
                try Confirmation.ask(
                    "let a new trust anchor follow \(now.anchor.fingerprint), whose private half is taken out of the store? type succeed, or yes:",
                    words: ["yes", "succeed"])
            }
            return try await client.post("/v1/admin/anchor/succeed")
        }
        let report = try AnchorFacts(document.root)
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(report.facts(file: nil))
        Output.note("make a new bundle for the verifiers, and a new backup: older ones hold the private half of the old anchor")
    }
}
