import ArgumentParser

struct CutoverCommands: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutover",
        abstract: "Move from tokens that are signed with a shared secret (HS256) to RS256, step by step.",
        discussion: """
            latchkey cutover status
            latchkey cutover advance --dry-run
            latchkey cutover rollback

            The phases: legacy, published, cutover, sunset, purged. Each step forward is measured first, and can be taken back until purged.
            """,
        subcommands: [
            CutoverStatus.self, AdvanceCutover.self, RollBackCutover.self, PurgeCutover.self, ImportLegacySecret.self, Verifiers.self,
        ]
    )
}
