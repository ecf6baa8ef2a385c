import ArgumentParser
import LatchkeyVerifier

struct ImportSigningKey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring in an RSA private key of your own as the next standby.",
        discussion: """
            latchkey signing-keys import key.pem
            vault-read key | latchkey signing-keys import -

            The key is PEM (PKCS #8 or PKCS #1), unencrypted, of 2048, 3072 or 4096 bits. It takes the place of the standby, which never signed and is \
            retired, and signs when it has been in the JWKS for long enough.
            """
    )

    @OptionGroup var input: PrivateKeyInput
    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let pem = try input.read()
        let document = try await DaemonClient.with(daemon) { client in
            try await client.post("/v1/admin/keys/import") { $0.member("pem", escaped: pem) }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(ImportReport(document.root, file: input.file).facts)
    }
}
