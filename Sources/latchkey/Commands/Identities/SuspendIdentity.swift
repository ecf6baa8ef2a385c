import ArgumentParser
import LatchkeyVerifier

struct SuspendIdentity: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend",
        abstract: "Suspend an identity and all that descends from it: their tokens are dead from this moment on.",
        discussion: """
            latchkey identities suspend agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --reason 'acts strangely'

            When it returns, no token of theirs is accepted here any more; standard error says who may still accept one elsewhere, and until when.
            """
    )

    @Argument(help: "The identity's id.")
    var id: String

    @Option(help: "Why; people will see it.")
    var reason: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/identities/\(PathText.encoded(id))/suspend", headers: ReachReport.wanted) {
                $0.member("reason", reason)
            }
        }
        if daemon.json { try Output.json(document.root.raw) } else { try Facts.print(IdentityReport(document.root).facts) }
        ReachReport(document.root).note()
    }
}
