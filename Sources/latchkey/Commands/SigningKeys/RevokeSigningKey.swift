import ArgumentParser
import LatchkeyVerifier

struct RevokeSigningKey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Emergency: take a signing key out of the JWKS at once, for good.",
        discussion: """
            latchkey signing-keys revoke Pn5cvSFJ2PZ1Jt1bGLNwkhfGdzqGW5Vn8mHzeXQyR8s --reason 'its host was stolen'
            latchkey signing-keys revoke --all --reason 'the store and its master key were stolen' --yes

            Every token of the key is refused here at once; the standby signs, and a new standby is born. The answer says who may still accept \
            those tokens and until when, and who does not know the new signer yet. --all takes out every key of the ring: after it each verifier \
            has to fetch the JWKS again. On a terminal it asks first.
            """
    )

    @Argument(help: ArgumentHelp("The key's id, its kid.", valueName: "kid"))
    var id: String?

    @Flag(help: "Every key: for a store that was stolen together with its master key.")
    var all = false

    @Option(help: "Why, for the audit log.")
    var reason: String

    @OptionGroup var confirmation: Confirmation
    @OptionGroup var daemon: SocketOptions

    func validate() throws {
        guard (id != nil) != all else {
            throw ValidationError("say which key is to be revoked: its KID, or --all for every key; nothing was done")
        }
    }

    func run() async throws {
        let path = id.map { "/v1/admin/keys/\(PathText.encoded($0))/revoke" } ?? "/v1/admin/keys/revoke-all"
        let document = try await DaemonClient.with(daemon) { client in
            if !confirmation.yes { try await confirm(client) }
            return try await client.post(path) { $0.member("reason", reason) }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(RevocationReport(document.root, id: id).facts)
    }

    private func confirm(_ client: DaemonClient) async throws {
        let ring = try await client.keyRing()
        guard let id else {
            return try Confirmation.ask(
                "revoke every signing key, for good? new ones are made, and no verifier knows them before it fetches the JWKS again; type all, or yes:",
                words: ["yes", "all"])
        }
        let status = try ring.key(id).status
        let next = ring.signer == id ? ", and \(ring.standby ?? "a new key") signs" : ""
        try Confirmation.ask(
            "revoke \(id) (\(status)), for good? every token of it is dead at once\(next); type its id, or yes:", words: ["yes", id])
    }
}
