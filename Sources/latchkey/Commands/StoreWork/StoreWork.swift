import ArgumentParser

/// What this program does in a process of its own, with stores that may be damaged. For itself, not for people.
struct StoreWork: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "store-work",
        abstract: "Open a store that may be damaged, for another run of this program.",
        shouldDisplay: false,
        subcommands: [DrillWork.self, CheckWork.self, MergeWork.self, LogWork.self]
    )
}
