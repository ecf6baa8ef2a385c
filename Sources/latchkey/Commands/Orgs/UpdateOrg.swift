import ArgumentParser
import LatchkeyVerifier

struct UpdateOrg: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change the organisation that the command acts in.",
        discussion: """
            latchkey orgs update --org org_01ARZ3NDEKTSV4RRFFQ69G5FAV --default-token-ttl 30m --audit-retention 400

            Nothing goes beyond what the daemon's own settings allow.
            """
    )

    @Option(help: "Its new name.")
    var name: String?

    @Option(help: ArgumentHelp("Longest life of an access token: seconds, or a number with s, m, h or d.", valueName: "time"))
    var maxTokenTTL: Lifetime?

    @Option(help: ArgumentHelp("Life of an access token that asks for none.", valueName: "time"))
    var defaultTokenTTL: Lifetime?

    @Option(help: ArgumentHelp("How many days audit entries are kept; 0: for ever.", valueName: "days"))
    var auditRetention: Int64?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func validate() throws {
        guard name != nil || maxTokenTTL != nil || defaultTokenTTL != nil || auditRetention != nil else {
            throw ValidationError(
                "say what to change, with --name, --max-token-ttl, --default-token-ttl or --audit-retention; nothing was changed")
        }
    }

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.patch("/v1/admin/org") { writer in
                writer.member("name", ifPresent: name)
                if let maxTokenTTL { writer.member("maxTokenTTL", maxTokenTTL.seconds) }
                if let defaultTokenTTL { writer.member("defaultTokenTTL", defaultTokenTTL.seconds) }
                if let auditRetention { writer.member("auditRetentionDays", auditRetention) }
            }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(OrganisationReport(document.root).facts)
    }
}
