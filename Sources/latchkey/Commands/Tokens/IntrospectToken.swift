import ArgumentParser
import LatchkeyVerifier

struct IntrospectToken: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "introspect",
        abstract: "Ask the daemon whether an access token is good now, and print its claims.",
        discussion: """
            latchkey tokens introspect - < token

            The claims are JSON; --json prints null, too, for a token that is not good. The exit code is 1 then.
            """
    )

    @OptionGroup var input: SecretInput
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let token = try input.read()
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/tokens/introspect") { $0.member("token", secret: token) }
        }
        if !document.root.isNull || daemon.json { try Output.json(document.root.raw) }
        if document.root.isNull {
            throw CommandFailure(.failed, "the token is not good now: it has expired, was revoked, or is not one of this organisation's")
        }
    }
}
