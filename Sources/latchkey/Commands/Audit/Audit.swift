import ArgumentParser

struct Audit: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Look at the audit log: who did what, and who was refused; and prove that nothing of it was rewritten.",
        discussion: """
            latchkey audit query --result denied --from 24h
            latchkey audit export --format csv --from 30d --out audit.csv
            latchkey audit head
            latchkey audit verify --head '4711 6e34 0b9c …'
            """,
        subcommands: [
            QueryAudit.self, ShowAuditEntry.self, ExportAudit.self, PrintAuditHead.self, VerifyAudit.self, ProveAuditEntry.self,
            CheckAuditProof.self,
        ]
    )
}
