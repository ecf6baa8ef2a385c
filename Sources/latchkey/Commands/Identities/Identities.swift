import ArgumentParser

struct Identities: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "identities",
        abstract: "Create, look at and end identities: who tokens speak for.",
        discussion: """
            latchkey identities create --name indexer --sponsor ada@example.org --scope relayfile:fs:read:/docs/*
            latchkey identities list
            latchkey identities suspend agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --reason 'acts strangely'
            """,
        subcommands: [
            CreateIdentity.self, ListIdentities.self, ShowIdentity.self, UpdateIdentity.self, SuspendIdentity.self,
            ReactivateIdentity.self, RetireIdentity.self, DeleteIdentity.self, IdentityActivity.self, SubAgents.self,
        ]
    )
}

/// An identity as the daemon describes it, for people.
struct IdentityReport {
    static let titles = ["ID", "NAME", "TYPE", "STATUS", "SPONSOR", "CREATED", "SCOPES"]

    private let identity: JSONValue

    init(_ identity: JSONValue) { self.identity = identity }

    var row: [String] {
        ["id", "name", "type", "status", "sponsorId", "createdAt"].map { identity[$0]?.text ?? "" } + [joined("scopes")]
    }

    var facts: [(name: String, value: String?)] {
        let names = [
            ("id", "id"), ("name", "name"), ("type", "type"), ("status", "status"), ("organisation", "orgId"), ("workspace", "workspaceId"),
            ("sponsor", "sponsorId"),
        ]
        let times = [
            ("created", "createdAt"), ("updated", "updatedAt"), ("last active", "lastActiveAt"), ("suspended", "suspendedAt"),
            ("reason", "suspendReason"),
        ]
        let text = { (pair: (String, String)) in (name: pair.0, value: identity[pair.1]?.text) }
        let metadata = (identity["metadata"]?.members ?? []).map {
            (name: "metadata", value: Optional("\($0.name)=\($0.value.text ?? "")"))
        }
        let lists = [("sponsor chain", joined("sponsorChain")), ("scopes", joined("scopes")), ("roles", joined("roles"))]
        return names.map(text) + lists.map { (name: $0.0, value: Optional($0.1)) } + metadata + times.map(text)
    }

    private func joined(_ name: String) -> String { (identity[name]?.texts ?? []).joined(separator: " ") }
}
