import ArgumentParser

struct ClockCommands: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Give your word on the clock, when the daemon has stopped to trust it.",
        discussion: "latchkey clock accept",
        subcommands: [AcceptClock.self]
    )
}
