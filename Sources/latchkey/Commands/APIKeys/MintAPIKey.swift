import ArgumentParser
import LatchkeyScopes
import LatchkeyVerifier

struct MintAPIKey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "mint",
        abstract: "Mint an API key. Its secret is given out this once.",
        discussion: """
            latchkey api-keys mint --name ci --scope relayfile:fs:read:/docs/* --expires 90d --to-file ci.key
            latchkey api-keys mint --name sage --profile sage --to-systemd-credential sage.key
            latchkey api-keys mint --name admin --scope '*' --print-key | ssh host 'cat > admin.key'
            latchkey api-keys mint --name audit --template auditor --dry-run
            latchkey api-keys mint --name sage --profile sage --replaces ak_01ARZ3NDEKTSV4RRFFQ69G5FAV --to-file sage.key --force

            A file is made with mode 0600, complete or not at all. A command gets the secret on its standard input, without a newline:

              --to-gh-secret acme/site:LATCHKEY_KEY
              --to-command 'gh secret set LATCHKEY_KEY --repo acme/site'
              --to-command 'kubectl create secret generic latchkey --from-file=key=/dev/stdin'
              --to-systemd-credential sage.key
              --to-command 'systemd-creds encrypt --name=sage.key - /etc/credstore.encrypted/sage.key'
              --to-command 'pass insert --multiline latchkey/ci'

            A command has to read all of it, to end with 0, and to do so within 60 s; it has no terminal to ask at, and what it says once it has \
            the secret is not shown. If the secret can't be delivered, the key is revoked at once and the exit code is 3.

            With --profile the key gets the smallest scopes that keep a named promise (latchkey scopes profile --help). Scopes that are given \
            besides have to keep it: if they don't, nothing is minted, the promises that would be broken are listed, and the exit code is 1. \
            What routes need is asked of the daemon; over the network that takes relayauth:scope:read:*, which the template key-manager has.

            With --dry-run, the name, the end, each scope, each promise and the key to be replaced get their verdicts, and the exit code is 1 if \
            the mint would be refused for one of them. Only the mint itself finds out about limits (429), a clock or a store of the daemon that \
            is not to be relied on (503), and an identity that is narrower than the key or token that mints for it.

            With --replaces the new key is stored, and proven to authenticate, before the old one is revoked; if anything fails before that, the \
            new one is revoked and the old one is untouched. The old one stays, too, as long as a secret that was printed into a pipe is not read.

            When the daemon's answer is lost, the exit code is 3 as well, and it is said what to look for.
            """
    )

    @Option(help: "What people call the key, 1 to 100 characters.")
    var name: String

    @Option(help: "A scope that the key holds, plane:resource:action[:path]; may be repeated.")
    var scope: [String] = []

    @OptionGroup var more: ScopeSources
    @OptionGroup var promise: ProfileOptions

    @Option(
        help: ArgumentHelp("When it ends: a span such as 90d, 12h or 30m, or a moment in RFC 3339 (default: never).", valueName: "when"))
    var expires: Expiry?

    @Option(help: ArgumentHelp("Revoke this API key, once the new one is stored and proven.", valueName: "id"))
    var replaces: String?

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
        guard !scope.isEmpty || more.isGiven || promise.profile != nil else {
            throw ValidationError("a key needs at least one --scope, or --template, --scopes-file or --profile; '*' stands for all scopes")
        }
        if promise.allowUnmet, scope.isEmpty, !more.isGiven {
            throw ValidationError("--allow-unmet goes with scopes of your own: those of the profile keep all of it")
        }
    }

    func run() async throws {
        let given = scope + (try more.scopes())
        let profile = try promise.read()
        if dryRun { return try await rehearse(given, profile) }
        var target = try destination.open()
        let (key, plan) = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            if let replaces { try await client.requireLive(replaces) }
            let plan = try await client.plan(given: given, profile: profile)
            try plan.requireKept(allowingUnmet: promise.allowUnmet)
            let key = try await client.make(.mint(request(plan), replacing: replaces), to: &target.place, json: daemon.json)
            return (key, plan)
        }
        if let path = target.temporaryFile { Output.note(path) }
        let facts = KeyFacts(
            key: key, place: target.fact,
            more: [
                ("profile", plan.promised?.summary), ("can call", CallableRoutes(with: plan.scopes).summary),
                ("replaces", replaces.map { "\($0), revoked" }),
            ])
        try facts.tell(isPrinted: destination.printKey, json: daemon.json)
    }

    private func request(_ plan: ScopePlan) -> MintRequest {
        MintRequest(name: name, scopes: plan.scopes, expiresAt: expires?.moment(from: SystemClock().now()))
    }

    private func rehearse(_ given: [String], _ profile: Profile?) async throws {
        // A directory of its own is not worth making.
        if destination.count == 1, !destination.toTempFile { _ = try destination.open() }
        let rehearsal = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            let plan = try await client.plan(given: given, profile: profile)
            return try await client.rehearse(request(plan), plan: plan, allowsUnmet: promise.allowUnmet, replacing: replaces)
        }
        try rehearsal.print(json: daemon.json)
    }
}
