import ArgumentParser
import LatchkeyAuthority
import LatchkeyVerifier

/// Derives the tree of a store's audit log anew.
struct LogWork: AsyncCommand {
    static let configuration = CommandConfiguration(commandName: "log", abstract: "Log.", shouldDisplay: false)

    @Argument(help: .hidden)
    var directory: String

    @Option(help: .hidden)
    var head: [String] = []

    /// PEM texts, which begin with dashes.
    @Option(parsing: .unconditionalSingleValue, help: .hidden)
    var anchor: [String] = []

    @OptionGroup var options: WorkOptions

    func run() async throws {
        options.begin()
        let heads = try head.map { try LogHead(parsing: $0) }
        let anchors = try anchor.map { try TrustAnchor(pem: Array($0.utf8)) }
        try options.leave(try AuditLogCheck.run(directory: directory, heads: heads, anchors: anchors, program: Version.program))
    }
}
