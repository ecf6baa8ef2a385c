import ArgumentParser
import LatchkeyVerifier

struct ValidateScope: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Say whether a scope is well-formed, and show its parts.",
        discussion: "latchkey scopes validate relayfile:fs:read:/docs/*"
    )

    @Argument(help: "The scope, plane:resource:action[:path].")
    var scope: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/scopes/validate") { $0.member("scope", scope) }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        try Facts.print(
            ["plane", "resource", "action", "path"].map { ($0, document.root[$0]?.text) } + [("scope", document.root["raw"]?.text)])
    }
}
