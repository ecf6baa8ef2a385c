import ArgumentParser

struct ShowSigningKey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one signing key: what it is, and its life in the JWKS.",
        discussion: "latchkey signing-keys show Pn5cvSFJ2PZ1Jt1bGLNwkhfGdzqGW5Vn8mHzeXQyR8s"
    )

    @Argument(help: ArgumentHelp("The key's id, its kid.", valueName: "kid"))
    var id: String

    @OptionGroup var daemon: DaemonOptions

    func run() async throws {
        let key = try await DaemonClient.with(daemon) { try await $0.keyRing() }.key(id)
        if daemon.json { return try Output.json(key.json) }
        try Facts.print(key.facts)
    }
}
