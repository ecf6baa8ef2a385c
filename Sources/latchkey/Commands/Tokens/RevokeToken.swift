import ArgumentParser
import LatchkeyVerifier

struct RevokeToken: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke a token, a session, or every token of an identity.",
        discussion: """
            latchkey tokens revoke --token tok_01ARZ3NDEKTSV4RRFFQ69G5FAV
            latchkey tokens revoke --session sess_01ARZ3NDEKTSV4RRFFQ69G5FAV
            latchkey tokens revoke --identity agent_01ARZ3NDEKTSV4RRFFQ69G5FAV

            A token is named by its jti and a session by its sid, both to be found among the claims.
            """
    )

    @Option(help: ArgumentHelp("The token, by its jti.", valueName: "jti"))
    var token: String?

    @Option(help: ArgumentHelp("The session, by its sid.", valueName: "sid"))
    var session: String?

    @Option(help: ArgumentHelp("The identity.", valueName: "id"))
    var identity: String?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func validate() throws {
        guard [token, session, identity].compactMap({ $0 }).count == 1 else {
            throw ValidationError("say what to revoke, with one of --token, --session and --identity")
        }
    }

    func run() async throws {
        _ = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.postForBytes("/v1/tokens/revoke") { writer in
                writer.member("tokenId", ifPresent: token)
                writer.member("sessionId", ifPresent: session)
                writer.member("identityId", ifPresent: identity)
            }
        }
        let id = token ?? session ?? identity ?? ""
        guard daemon.json else { return try Facts.print([("revoked", id)]) }
        var writer = JSONWriter()
        writer.object { $0.member("revoked", id) }
        try Output.json(writer.bytes)
    }
}
