import ArgumentParser

struct JWKS: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "jwks",
        abstract: "Print the public keys that verify this authority's tokens.",
        discussion: """
            latchkey jwks > jwks.json
            latchkey jwks --url https://keys.example > jwks.json

            It is JSON already; --json changes nothing.
            """
    )

    @OptionGroup var daemon: DaemonOptions

    func run() async throws {
        let bytes = try await DaemonClient.with(daemon, isPublic: true) { try await $0.bytes("/.well-known/jwks.json") }
        // As it is for a file, whose hash may be compared; with a newline for a person.
        if Output.isTerminal { try Output.json(bytes) } else { try Output.write(bytes.span) }
    }
}
