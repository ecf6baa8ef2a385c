import ArgumentParser
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// Derives the tree of a store's audit log anew.
struct LogWork: AsyncCommand {
    static let configuration = CommandConfiguration(commandName: "log", abstract: "Log.", shouldDisplay: false)

    @Argument(help: .hidden)
    var directory: String

    @Option(help: .hidden)
    var head: [String] = []

    /// Public keys of 32 bytes, base64url.
    @Option(help: .hidden)
    var anchor: [String] = []

    @OptionGroup var options: WorkOptions

    func run() async throws {
        options.begin()
        let heads = try head.map { try LogHead(parsing: $0) }
        let anchors = try anchor.map { TrustAnchor(try Ed25519PublicKey(raw: Base64URL.decode($0) ?? [])) }
        try options.leave(try AuditLogCheck.run(directory: directory, heads: heads, anchors: anchors, program: Version.current))
    }
}
