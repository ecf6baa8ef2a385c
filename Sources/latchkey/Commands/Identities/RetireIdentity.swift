import ArgumentParser
import LatchkeyVerifier

struct RetireIdentity: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Retire an identity and all that descends from it, for good.",
        discussion: "latchkey identities retire agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --reason 'its work is done'"
    )

    @Argument(help: "The identity's id.")
    var id: String

    @Option(help: "Why, for the audit log.")
    var reason: String?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/identities/\(PathText.encoded(id))/retire", headers: ReachReport.wanted) {
                $0.member("reason", ifPresent: reason)
            }
        }
        if daemon.json { try Output.json(document.root.raw) } else { try Facts.print(IdentityReport(document.root).facts) }
        ReachReport(document.root).note()
    }
}
