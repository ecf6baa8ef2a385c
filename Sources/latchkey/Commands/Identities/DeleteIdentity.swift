import ArgumentParser
import LatchkeyVerifier

struct DeleteIdentity: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete an identity and all that descends from it, for good.",
        discussion: """
            latchkey identities delete agent_01ARZ3NDEKTSV4RRFFQ69G5FAV
            latchkey identities delete agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --yes

            On a terminal it asks first, and takes the identity's name or yes for an answer.
            """
    )

    @Argument(help: "The identity's id.")
    var id: String

    @OptionGroup var confirmation: Confirmation
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let path = "/v1/identities/\(PathText.encoded(id))"
        try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            if !confirmation.yes { try await confirm(client, path) }
            try await client.delete(path)
        }
        guard daemon.json else { return try Facts.print([("deleted", id)]) }
        var writer = JSONWriter()
        writer.object { $0.member("deleted", id) }
        try Output.json(writer.bytes)
    }

    private func confirm(_ client: DaemonClient, _ path: String) async throws {
        let name = try await client.get(path).root["name"]?.text ?? id
        let children = try await client.get("\(path)/sub-agents?limit=100").root
        let count = children["data"]?.elements?.count ?? 0
        let number = children["cursor"]?.text == nil ? String(count) : "more than \(count)"
        let whom = count == 0 ? "" : ", its \(number) sub-agent\(count == 1 ? "" : "s") and all below"
        try Confirmation.ask("delete \(name) (\(id))\(whom), for good? type its name, or yes:", words: ["yes", name])
    }
}
