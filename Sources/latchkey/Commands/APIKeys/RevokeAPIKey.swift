import ArgumentParser
import LatchkeyVerifier

struct RevokeAPIKey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke an API key, for good and from this moment on.",
        discussion: """
            latchkey api-keys revoke ak_01ARZ3NDEKTSV4RRFFQ69G5FAV --reason 'its host was sold'
            latchkey api-keys revoke ak_01ARZ3NDEKTSV4RRFFQ69G5FAV --descendants --reason 'found in a log'

            Somebody who had the key may have made others with it. With --descendants every key, identity and session that came from it dies in \
            the same moment, and is counted; standard error says who may still accept its tokens elsewhere, and until when.
            """
    )

    @Argument(help: "The key's id.")
    var id: String

    @Option(help: "Why, for the audit log.")
    var reason: String?

    @Flag(help: "Also revoke every key, identity and session that came from it.")
    var descendants = false

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.post("/v1/api-keys/\(PathText.encoded(id))/revoke", headers: ReachReport.wanted) { writer in
                writer.member("reason", ifPresent: reason)
                if descendants { writer.member("descendants", true) }
            }
        }
        guard !descendants || document.root["revokedDescendants"] != nil else {
            throw CommandFailure(
                .failed, "the API key \(id) has been revoked, but the daemon does not say that what came from it was, too",
                hint: "is the daemon of the same version as this command? look at what there is: latchkey api-keys list")
        }
        if daemon.json {
            try Output.json(document.root.raw)
        } else {
            try Facts.print(APIKeyReport(document.root).facts + [("also revoked", Self.count(document.root["revokedDescendants"]))])
        }
        guard !descendants else { return ReachReport(document.root).note() }
        // An API key is asked about here, each time: of it nobody elsewhere has a copy. What came from it travels.
        Output.note(
            "nobody accepts the key any more: it is asked about here alone; tokens that were issued with it go on: --descendants ends them")
    }

    private static func count(_ died: JSONValue?) -> String? {
        let kinds = [("keys", "key"), ("identities", "identity"), ("sessions", "session")]
        return died.map { died in
            kinds.map { many, one in
                let count = died[many]?.integer ?? 0
                return "\(count) \(count == 1 ? one : many)"
            }.joined(separator: ", ")
        }
    }
}
