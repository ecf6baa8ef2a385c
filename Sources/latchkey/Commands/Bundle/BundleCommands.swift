import ArgumentParser

struct BundleCommands: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Make a trust bundle for verifiers without a network, and look at one.",
        discussion: """
            latchkey bundle export --valid-for 7d --out monday.bundle
            latchkey bundle show monday.bundle --anchor anchor.pem

            One signed file has all that a verifier needs: the issuer, the public keys, what was revoked, and until when it may be used.
            """,
        subcommands: [ExportBundle.self, ShowBundle.self]
    )
}
