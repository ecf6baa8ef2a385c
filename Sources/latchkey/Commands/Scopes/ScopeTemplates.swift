import ArgumentParser

struct ScopeTemplates: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "templates",
        abstract: "List sets of scopes for common jobs.",
        discussion: "latchkey scopes templates"
    )

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { try await $0.get("/v1/scopes/templates") }
        if daemon.json { return try Output.json(document.root.raw) }
        guard let templates = document.root["templates"]?.elements else { throw JSONScanner.foreign }
        var table = Table(["NAME", "DESCRIPTION", "SCOPES"])
        try table.print(
            templates.map { template in
                ["name", "description"].map { template[$0]?.text ?? "" } + [(template["scopes"]?.texts ?? []).joined(separator: " ")]
            })
    }
}
