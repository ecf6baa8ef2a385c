import ArgumentParser

struct SealCommands: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Look at the seal that protects the private keys in the store, and change its master key.",
        discussion: """
            latchkey seal status
            latchkey seal rewrap
            """,
        subcommands: [SealStatus.self, RewrapSeal.self]
    )
}
