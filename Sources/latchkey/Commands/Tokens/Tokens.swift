import ArgumentParser

struct Tokens: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens",
        abstract: "Issue, refresh, list, check and revoke tokens.",
        discussion: """
            latchkey tokens issue --identity agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --expires-in 900
            latchkey tokens introspect - < token
            """,
        subcommands: [
            IssueToken.self, RefreshToken.self, ListTokens.self, IntrospectToken.self, ValidateToken.self, RevokeToken.self,
        ]
    )
}
