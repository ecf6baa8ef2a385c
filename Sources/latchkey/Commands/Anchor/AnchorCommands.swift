import ArgumentParser

struct AnchorCommands: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "anchor",
        abstract: "Look at the trust anchor, which signs trust bundles and the audit log's checkpoints, and let another one follow it.",
        discussion: """
            latchkey anchor show --out anchor.pem
            latchkey anchor succeed

            Verifiers without a network hold the anchor's file. It comes to them once, by a way that can't be forged: compare its fingerprint.
            """,
        subcommands: [ShowAnchor.self, SucceedAnchor.self]
    )
}
