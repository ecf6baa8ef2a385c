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

            A token is named by its jti and a session by its sid, both to be found among the claims. When it returns, nothing of it is accepted here any \
            more; standard error says who may still accept it elsewhere, and until when.
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
        let answer = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.postForBytes("/v1/tokens/revoke", headers: ReachReport.wanted) { writer in
                writer.member("tokenId", ifPresent: token)
                writer.member("sessionId", ifPresent: session)
                writer.member("identityId", ifPresent: identity)
            }
        }
        let id = token ?? session ?? identity ?? ""
        let reach = ReachReport(try answer.isEmpty ? nil : JSONDocument(answer).root)
        if daemon.json {
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("revoked", id)
                if let holders = reach.json {
                    writer.key("stillAcceptedBy")
                    writer.raw(holders)
                }
            }
            try Output.json(writer.bytes)
        } else {
            try Facts.print([("revoked", id)])
        }
        reach.note()
    }
}
