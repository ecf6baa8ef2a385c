import ArgumentParser
import LatchkeyCrypto
import LatchkeyVerifier

struct ImportLegacySecret: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-secret",
        abstract: "Begin a cutover: bring in the secret that HS256 tokens have been signed with.",
        discussion: """
            latchkey cutover import-secret --kid production --issuer https://old.example --max-ttl 1h --issued-until 2026-12-01T00:00:00Z < secret

            The secret's bytes come on standard input, 16 to 1024 of them; one end of line is dropped. An install that never signed RS256 \
            goes on signing with it; one that did only verifies it. Before the first step is taken, --replace brings in another in its place.
            """
    )

    @Option(help: ArgumentHelp("The kid in the header of its tokens.", valueName: "kid"))
    var kid: String

    @Option(help: ArgumentHelp("The iss in its tokens.", valueName: "issuer"))
    var issuer: String

    @Option(help: ArgumentHelp("Longest life of its tokens: seconds, or a number with s, m, h or d.", valueName: "time"))
    var maxTTL: Lifetime

    @Option(
        help: ArgumentHelp(
            "Until when tokens are issued with it elsewhere: a moment in RFC 3339, or a span from now such as 30m.", valueName: "time"))
    var issuedUntil: Expiry

    @Flag(help: "Take the place of a secret that was brought in by mistake.")
    var replace = false

    @OptionGroup var input: LegacySecretInput
    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let secret = try input.read()
        let encoded = Base64URL.encoded(secret)
        let until = issuedUntil.moment(from: SystemClock().now())
        let document = try await DaemonClient.with(daemon) { client in
            try await client.post("/v1/admin/cutover/legacy-secret") { writer in
                writer.member("kid", kid)
                writer.member("issuer", issuer)
                writer.member("maxTTL", maxTTL.seconds)
                writer.member("issuedUntil", until)
                writer.member("secret", escaped: encoded)
                if replace { writer.member("replace", true) }
            }
        }
        if daemon.json { return try Output.json(document.root.raw) }
        Output.note("a secret of \(secret.count) bytes was taken in and sealed; where it came from still holds it")
        try Facts.print(try CutoverReport(document.root).facts)
    }
}
