import ArgumentParser
import LatchkeyVerifier

struct CheckScope: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether an identity holds a scope; the exit code is 1 when it does not.",
        discussion: "latchkey scopes check --identity agent_01ARZ3NDEKTSV4RRFFQ69G5FAV relayfile:fs:read:/docs/a"
    )

    @Option(help: ArgumentHelp("The identity.", valueName: "id"))
    var identity: String

    @Argument(help: "The scope that is asked about.")
    var scope: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/scopes/check") { writer in
                writer.member("identityId", identity)
                writer.member("scope", scope)
            }
        }
        let answer = document.root
        guard let isAllowed = answer["allowed"]?.bool else { throw JSONScanner.foreign }
        if daemon.json {
            try Output.json(answer.raw)
        } else {
            try Output.line(Verdict(isAllowed: isAllowed).word)
            if isAllowed { Facts.note([("by", answer["matchedScope"]?.text), ("through", answer["grantedVia"]?.text)]) }
        }
        guard isAllowed else {
            throw CommandFailure(
                .failed, "\(identity) may not \(scope)", hint: "look at its scopes and its status: latchkey identities show \(identity)")
        }
    }
}
