import ArgumentParser
import LatchkeyCrypto
import LatchkeyVerifier

struct MintAPIKey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "mint",
        abstract: "Mint an API key. Its secret is given out this once.",
        discussion: """
            latchkey api-keys mint --name ci --scope relayfile:fs:read:/docs/* --expires 90d --to-file ci.key
            latchkey api-keys mint --name admin --scope '*' --print-key | ssh host 'cat > admin.key'

            A file is made with mode 0600, complete or not at all. If the secret can't be delivered, the key is revoked at once and the exit code is 3.
            """
    )

    @Option(help: "What people call the key, 1 to 100 characters.")
    var name: String

    @Option(help: "A scope that the key holds, plane:resource:action[:path]; may be repeated.")
    var scope: [String] = []

    @Option(
        help: ArgumentHelp("When it ends: a span such as 90d, 12h or 30m, or a moment in RFC 3339 (default: never).", valueName: "when"))
    var expires: Expiry?

    @Option(help: ArgumentHelp("Write the secret to this file.", valueName: "path"))
    var toFile: String?

    @Flag(help: "With --to-file: replace a file that is there.")
    var force = false

    @Flag(help: "Write the secret, and nothing else, to standard output.")
    var printKey = false

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func validate() throws {
        guard (toFile != nil) != printKey else {
            throw ValidationError("say where the secret goes, with either --to-file PATH or --print-key; nothing was minted")
        }
        if force, printKey { throw ValidationError("--force goes with --to-file") }
        guard !scope.isEmpty else { throw ValidationError("a key needs at least one --scope; '*' stands for all of them") }
    }

    func run() async throws {
        var destination =
            try toFile.map { path throws(CommandFailure) in KeyDestination.file(try KeyFile(path: path, replaces: force)) }
            ?? .standardOutput
        let request = MintRequest(name: name, scopes: scope, expiresAt: expires?.moment(from: SystemClock().now()))
        let key = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.mint(request, to: &destination, json: daemon.json)
        }
        // With --print-key standard output has had the secret; with --json, the key's description too.
        if printKey { return daemon.json ? () : Facts.note(facts(key)) }
        if daemon.json { return try Output.json(Array("{\"apiKey\":".utf8) + key.raw + [UInt8(ascii: "}")]) }
        try Facts.print(facts(key))
    }

    private func facts(_ key: JSONValue) -> [(name: String, value: String?)] {
        [
            ("id", key["id"]?.text), ("prefix", key["prefix"]?.text), ("scopes", key["scopes"]?.texts?.joined(separator: " ")),
            ("expires", key["expiresAt"]?.text), ("file", toFile),
        ]
    }
}
