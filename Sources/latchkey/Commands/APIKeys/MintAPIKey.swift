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
            latchkey api-keys mint --name audit --template auditor --dry-run

            A file is made with mode 0600, complete or not at all. A command gets the secret on its standard input, without a newline:

              --to-gh-secret acme/site:LATCHKEY_KEY
              --to-command 'gh secret set LATCHKEY_KEY --repo acme/site'
              --to-command 'kubectl create secret generic latchkey --from-file=key=/dev/stdin'
              --to-systemd-credential sage.key
              --to-command 'systemd-creds encrypt --name=sage.key - /etc/credstore.encrypted/sage.key'
              --to-command 'pass insert --multiline latchkey/ci'

            A command has to read all of it, to end with 0, and to do so within 60 s; it has no terminal to ask at. If the secret can't be delivered, the \
            key is revoked at once and the exit code is 3.
            """
    )

    @Option(help: "What people call the key, 1 to 100 characters.")
    var name: String

    @Option(help: "A scope that the key holds, plane:resource:action[:path]; may be repeated.")
    var scope: [String] = []

    @OptionGroup var more: ScopeSources

    @Option(
        help: ArgumentHelp("When it ends: a span such as 90d, 12h or 30m, or a moment in RFC 3339 (default: never).", valueName: "when"))
    var expires: Expiry?

    @Flag(help: "Mint nothing: print the request that would be sent, and what the daemon says to each of its parts.")
    var dryRun = false

    @OptionGroup var destination: DestinationOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func validate() throws {
        // A rehearsal may leave open where the secret goes.
        guard destination.count == 1 || dryRun && destination.count == 0 else {
            throw ValidationError("say where the secret goes, with exactly one of \(DestinationOptions.choices); nothing was minted")
        }
        guard !scope.isEmpty || more.isGiven else {
            throw ValidationError("a key needs at least one --scope, or --template or --scopes-file; '*' stands for all scopes")
        }
    }

    func run() async throws {
        let request = MintRequest(
            name: name, scopes: scope + (try more.scopes()), expiresAt: expires?.moment(from: SystemClock().now()))
        if dryRun { return try await rehearse(request) }
        var target = try destination.open()
        let key = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.mint(request, to: &target.place, json: daemon.json)
        }
        if let path = target.temporaryFile { Output.note(path) }
        // With --print-key standard output has had the secret; with --json, the key's description too.
        if destination.printKey { return daemon.json ? () : Facts.note(facts(key, target.fact)) }
        if daemon.json { return try Output.json(Array("{\"apiKey\":".utf8) + key.raw + [UInt8(ascii: "}")]) }
        try Facts.print(facts(key, target.fact))
    }

    private func rehearse(_ request: MintRequest) async throws {
        // A directory of its own is not worth making.
        if destination.count == 1, !destination.toTempFile { _ = try destination.open() }
        let rehearsal = try await DaemonClient.with(daemon, organisation: organisation.org) { try await $0.rehearse(request) }
        try rehearsal.print(json: daemon.json)
    }

    private func facts(_ key: JSONValue, _ place: (name: String, value: String?)?) -> [(name: String, value: String?)] {
        [
            ("id", key["id"]?.text), ("prefix", key["prefix"]?.text), ("scopes", key["scopes"]?.texts?.joined(separator: " ")),
            ("expires", key["expiresAt"]?.text),
        ] + (place.map { [$0] } ?? [])
    }
}
