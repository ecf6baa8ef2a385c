import ArgumentParser
import LatchkeyVerifier

struct RotateSigningKeys: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Let the standby sign from now on, and make the next standby.",
        discussion: """
            latchkey signing-keys rotate
            latchkey signing-keys rotate --now --yes

            Keys rotate by themselves; this does it earlier. The key that signed stays in the JWKS until its last token has ended. A standby that \
            has not been in the JWKS for long enough is refused: --now takes it all the same, and the answer names who does not know it yet. On a \
            terminal it asks first.
            """
    )

    @Flag(help: "Also when the standby is so young that some verifiers do not know it yet.")
    var now = false

    @OptionGroup var confirmation: Confirmation
    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { client in
            if !confirmation.yes { try await confirm(client) }
            return try await client.post("/v1/admin/keys/rotate") { if now { $0.member("now", true) } }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(RotationReport(document.root).facts)
    }

    private func confirm(_ client: DaemonClient) async throws {
        let ring = try await client.keyRing()
        let signer = ring.signer ?? "no RSA key"
        let standby = ring.standby ?? "a key that is yet to be made"
        let cost = now ? ring.costOfRotatingNow : nil
        if let cost { Output.note(cost) }
        try Confirmation.ask("\(signer) signs now: let \(standby) sign from now on? type rotate, or yes:", words: ["yes", "rotate"])
    }
}
