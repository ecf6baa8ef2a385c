import ArgumentParser

struct Backup: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Make a backup of the whole install while it runs, and prove that it can be restored.",
        discussion: """
            latchkey backup create /var/backups/latchkey/monday.backup
            latchkey backup verify /var/backups/latchkey/monday.backup
            """,
        subcommands: [CreateBackup.self, VerifyBackup.self]
    )
}
