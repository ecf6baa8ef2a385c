import ArgumentParser
import LatchkeyAuthority
import LatchkeyVerifier

/// The restored store takes over what must not be lost of the one that it replaces.
struct MergeWork: AsyncCommand {
    static let configuration = CommandConfiguration(commandName: "merge", abstract: "Merge.", shouldDisplay: false)

    @Argument(help: .hidden)
    var directory: String

    @Option(help: .hidden)
    var replaced: String?

    @Option(help: .hidden)
    var notMerged: String?

    @Option(help: .hidden)
    var madeAt: String

    @Option(help: .hidden)
    var keptAs: String?

    @Flag(help: .hidden)
    var otherInstall = false

    @Flag(help: .hidden)
    var withoutMerge = false

    @OptionGroup var options: WorkOptions

    func run() async throws {
        options.begin()
        guard let madeAt = Timestamp(rfc3339: madeAt) else { throw CommandFailure(.usage, "--made-at is not a moment") }
        let merge = RestoreMerge(
            restored: directory, replaced: replaced, notMerged: notMerged, program: Version.current, madeAt: madeAt, keptAs: keptAs,
            allowsOtherInstall: otherInstall, goesWithoutMerge: withoutMerge, userId: options.user)
        try options.leave(try merge.run())
    }
}
