import ArgumentParser
import LatchkeyAuthority

/// A look at every row of a store, and the repair of what can be.
struct CheckWork: AsyncCommand {
    static let configuration = CommandConfiguration(commandName: "check", abstract: "Check.", shouldDisplay: false)

    @Argument(help: .hidden)
    var directory: String

    @Flag(help: .hidden)
    var repair = false

    @OptionGroup var options: WorkOptions

    func run() async throws {
        options.begin()
        let report = try StoreRepair(directory: directory, program: Version.current, userId: options.user).run(repairs: repair)
        try options.leave(report)
    }
}
