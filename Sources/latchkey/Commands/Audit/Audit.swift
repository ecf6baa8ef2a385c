import ArgumentParser

struct Audit: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Look at the audit log: who did what, and who was refused.",
        discussion: """
            latchkey audit query --result denied --from 24h
            latchkey audit export --format csv --from 30d --out audit.csv
            """,
        subcommands: [QueryAudit.self, ShowAuditEntry.self, ExportAudit.self]
    )
}
