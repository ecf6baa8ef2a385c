import ArgumentParser

struct Orgs: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "orgs",
        abstract: "Create and look at organisations: each has its own keys, identities and audit log.",
        discussion: """
            latchkey orgs create --name 'Research'
            latchkey orgs list
            """,
        subcommands: [CreateOrg.self, ListOrgs.self, ShowOrg.self, UpdateOrg.self]
    )
}

/// An organisation as the daemon describes it, for people.
struct OrganisationReport {
    static let titles = ["ID", "NAME", "TOKEN TTL", "MAX TTL", "AUDIT KEPT", "CREATED"]

    private let organisation: JSONValue

    init(_ organisation: JSONValue) { self.organisation = organisation }

    var row: [String] {
        [text("orgId"), text("name"), seconds("defaultTokenTTL"), seconds("maxTokenTTL"), retention, text("createdAt")].map { $0 ?? "" }
    }

    var facts: [(name: String, value: String?)] {
        [
            ("id", text("orgId")), ("name", text("name")), ("token life", seconds("defaultTokenTTL")),
            ("longest token life", seconds("maxTokenTTL")), ("audit log kept", retention), ("created", text("createdAt")),
        ]
    }

    private func text(_ name: String) -> String? { organisation[name]?.text }
    private func seconds(_ name: String) -> String? { organisation[name]?.integer.map { "\($0) s" } }

    private var retention: String? {
        organisation["auditRetentionDays"]?.integer.map { $0 == 0 ? "for ever" : $0 == 1 ? "1 day" : "\($0) days" }
    }
}
