import ArgumentParser

struct SubAgents: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "sub-agents",
        abstract: "Create and list the identities that descend from another one.",
        discussion: """
            latchkey identities sub-agents create agent_01ARZ3NDEKTSV4RRFFQ69G5FAV --name helper --scope relayfile:fs:read:/docs/*
            latchkey identities sub-agents list agent_01ARZ3NDEKTSV4RRFFQ69G5FAV
            """,
        subcommands: [CreateSubAgent.self, ListSubAgents.self]
    )
}
