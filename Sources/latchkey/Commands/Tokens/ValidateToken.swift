import ArgumentParser
import LatchkeyVerifier

struct ValidateToken: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Ask the daemon whether an access token is good now and holds the scopes that are needed, and print its claims.",
        discussion: """
            latchkey tokens validate --require relayfile:fs:read:/docs/a - < token

            The claims are JSON; --json prints the daemon's whole answer. The exit code is 1 when the token is not good, or a scope is missing.
            """
    )

    @Option(help: "A scope that the token must hold; may be repeated.")
    var require: [String] = []

    @OptionGroup var input: SecretInput
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let token = try input.read()
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/tokens/validate") { writer in
                writer.member("token", secret: token)
                if !require.isEmpty { writer.member("requiredScopes", require) }
            }
        }
        let answer = document.root
        guard let isValid = answer["valid"]?.bool else { throw JSONScanner.foreign }
        if daemon.json { try Output.json(answer.raw) }
        guard isValid else {
            let missing = answer["missingScopes"]?.texts ?? []
            guard missing.isEmpty else { throw CommandFailure(.failed, "the token lacks \(missing.joined(separator: " "))") }
            throw CommandFailure(.failed, "the token is not good now: it has expired, was revoked, or is not one of this organisation's")
        }
        if !daemon.json { try Output.json(answer["claims"]?.raw ?? []) }
    }
}
