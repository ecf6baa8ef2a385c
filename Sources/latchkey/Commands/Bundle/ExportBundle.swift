import ArgumentParser
import LatchkeyVerifier

struct ExportBundle: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Make a new trust bundle, and write it to a file.",
        discussion: """
            latchkey bundle export --valid-for 7d --out monday.bundle
            latchkey bundle export --out monday.bundle --url https://keys.example --api-key-file admin.key

            Each bundle has the next number and is told of in the audit log. Keep its bytes as they are: one that was changed is refused. All that was \
            revoked before it was made is in it. It may live for max-bundle-life at most.
            """
    )

    @Option(
        help: ArgumentHelp("How long it may be used: 7d, 12h (default: a week, or max-bundle-life if that is less).", valueName: "span"))
    var validFor: Lifetime?

    @Option(help: ArgumentHelp("Write it to this file, which is replaced if it is there.", valueName: "path"))
    var out: String

    @OptionGroup var daemon: DaemonOptions

    func run() async throws {
        let file = try WholeFile(path: out, isPublic: true)
        let query = validFor.map { "?validFor=\($0.seconds)" } ?? ""
        let bytes = try await DaemonClient.with(daemon) { try await $0.bytes("/v1/bundle" + query) }
        let bundle: TrustBundle
        do {
            bundle = try TrustBundle(reading: bytes)
        } catch {
            throw CommandFailure(
                .failed, "what the daemon sent is no trust bundle: \(error.message)",
                hint: "is the daemon of the same version as this command? no file was written")
        }
        try file.write(bytes.span)
        try file.finish()
        let report = BundleReport(bundle: bundle, anchor: nil)
        if daemon.json { return try Output.json(report.json(file: out)) }
        try Facts.print(report.facts(file: out).filter { $0.name != "signed by" })
    }
}
