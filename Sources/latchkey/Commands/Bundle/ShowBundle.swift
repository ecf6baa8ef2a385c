import ArgumentParser
import LatchkeyVerifier

struct ShowBundle: Command {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Say what a trust bundle says; no daemon is asked.",
        discussion: """
            latchkey bundle show monday.bundle
            latchkey bundle show monday.bundle --anchor anchor.pem

            With --anchor it is verified: signed by that anchor, or by one that it leads to, made already and not past its end. Ends with 5 and the \
            reason when it is not good. Everything that it says: jq -r .payload monday.bundle
            """
    )

    @Argument(help: ArgumentHelp("The bundle's file.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The trust anchor's file, to verify it with.", valueName: "file"))
    var anchor: String?

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() throws {
        let trusted = try anchor.map { try TrustFiles.anchor($0) }
        let bundle = try TrustFiles.bundle(file)
        if let trusted {
            do {
                _ = try bundle.checked(by: trusted, at: SystemClock().now())
            } catch {
                throw CommandFailure(.unverified, "\(error.reason.rawValue): \(error.message)")
            }
        }
        let report = BundleReport(bundle: bundle, anchor: trusted)
        if json { return try Output.json(report.json(file: nil)) }
        try Facts.print(report.facts(file: nil))
    }
}
