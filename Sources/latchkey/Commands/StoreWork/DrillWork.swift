import ArgumentParser
import LatchkeyAuthority

/// A restore drill over a copy that is thrown away afterwards.
struct DrillWork: AsyncCommand {
    static let configuration = CommandConfiguration(commandName: "drill", abstract: "Drill.", shouldDisplay: false)

    @Argument(help: .hidden)
    var directory: String

    @OptionGroup var options: WorkOptions

    func run() async throws {
        options.begin()
        let key = try options.readMasterKey()
        try options.leave(try await Drill.run(directory: directory, masterKey: key, program: Version.current))
    }
}
