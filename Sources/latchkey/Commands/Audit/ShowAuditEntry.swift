import ArgumentParser

struct ShowAuditEntry: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one audit entry with all that it says.",
        discussion: "latchkey audit show audit_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    )

    @Argument(help: "The entry's id.")
    var id: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) {
            try await $0.get("/v1/audit/\(PathText.encoded(id))")
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(AuditReport(document.root).facts)
    }
}
