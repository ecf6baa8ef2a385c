import ArgumentParser

struct ListSigningKeys: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the signing keys: who signs, who waits, who is on the way out.",
        discussion: """
            latchkey signing-keys list
            latchkey signing-keys list --url https://keys.example --api-key-file admin.key
            """
    )

    @OptionGroup var daemon: DaemonOptions

    func run() async throws {
        let ring = try await DaemonClient.with(daemon) { try await $0.keyRing() }
        if daemon.json { return try Output.json(ring.root.raw) }
        var table = Table(KeyReport.titles)
        try table.print(ring.keys.map(\.row))
        if let problem = ring.problem { Output.note("the key ring needs a person: \(problem)") }
    }
}
