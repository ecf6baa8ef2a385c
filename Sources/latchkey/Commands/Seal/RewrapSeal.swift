import ArgumentParser
import LatchkeyVerifier

struct RewrapSeal: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrap",
        abstract: "Seal every private key of the store anew, under a new master key.",
        discussion: """
            latchkey seal rewrap
            latchkey seal rewrap --key-file /etc/latchkey/master.key.new --yes
            latchkey seal rewrap --give-up-old 'the disk with the master key is gone'

            Without --key-file the daemon makes the new master key and puts it where the old one is. It is one commit; the answer comes when the \
            new key has opened every record, and says which old key is to be destroyed then. Where the service manager gives the daemon its \
            master key, make the new one yourself and name its file. Only when the old master key is lost for ever, give it up: what was sealed \
            under it is lost, too. On a terminal it asks first.
            """
    )

    @Option(help: ArgumentHelp("File of the new master key, as the daemon sees it: a path from the root.", valueName: "path"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp(
            "The old master key is lost, and why: every signing key is revoked; new ones and a new trust anchor are made.",
            valueName: "reason"))
    var giveUpOld: String?

    @OptionGroup var confirmation: Confirmation
    @OptionGroup var daemon: SocketOptions

    func validate() throws {
        if let keyFile, !keyFile.hasPrefix("/") {
            throw ValidationError(
                "--key-file is a path from the root, as in /etc/latchkey/master.key.new: the daemon opens it, not this command")
        }
    }

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { client in
            if !confirmation.yes { try await confirm(client) }
            return try await client.post("/v1/admin/seal/rewrap") { writer in
                writer.member("keyFile", ifPresent: keyFile)
                writer.member("giveUp", ifPresent: giveUpOld)
            }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(RewrapReport(document.root, keyFile: keyFile, isGivenUp: giveUpOld != nil).facts)
    }

    private func confirm(_ client: DaemonClient) async throws {
        guard let seal = try await client.get("/v1/admin/status").root["seal"] else { throw JSONScanner.foreign }
        Facts.note(try SealReport(seal).facts)
        guard giveUpOld == nil else {
            return try Confirmation.ask(
                "give up the old master key, for good? every token ends, every verifier needs the new JWKS, every bundle the new trust anchor; "
                    + "a legacy secret is lost; type give up, or yes:",
                words: ["yes", "give up"])
        }
        let key = keyFile.map { "the key in \($0)" } ?? "a new master key"
        try Confirmation.ask("seal every private key of the store with \(key)? type rewrap, or yes:", words: ["yes", "rewrap"])
    }
}
