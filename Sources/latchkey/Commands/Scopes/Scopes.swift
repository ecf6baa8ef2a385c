import ArgumentParser

struct Scopes: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "scopes",
        abstract: "Find out what a scope means and what scopes allow.",
        discussion: """
            latchkey scopes check --identity agent_01ARZ3NDEKTSV4RRFFQ69G5FAV relayfile:fs:read:/docs/a
            latchkey scopes explain --scope relayauth:identity:read
            """,
        subcommands: [
            ValidateScope.self, CheckScope.self, ExplainScopes.self, ScopeTemplates.self, ShowProfile.self, ListProfiles.self,
        ]
    )
}
