import ArgumentParser
import LatchkeyVerifier

struct RotateAPIKey: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replace an API key by a new one of the same name, scopes and end. Its secret is given out this once.",
        discussion: """
            latchkey api-keys rotate ak_01ARZ3NDEKTSV4RRFFQ69G5FAV --to-file ci.key --force
            latchkey api-keys rotate ak_01ARZ3NDEKTSV4RRFFQ69G5FAV --overlap 1h --to-gh-secret acme/site:LATCHKEY_KEY

            With --overlap the old key works on for that long, so that a service can take the new one up in its own time. Without it the old key \
            is revoked as soon as the new one is stored and proven to authenticate.

            If the new secret can't be stored, the new key is revoked and the exit code is 3. The old one still works then, but has an end: after \
            the overlap, or after 7 days where there was none. The message says when: rotate it again before that. A key that is replaced with \
            latchkey api-keys mint --replaces gets no such end.

            The new key ends when the old one would have. For a later end, mint one with --replaces and --expires.

            Where the secret can go, and how a command gets it: latchkey api-keys mint --help
            """
    )

    @Argument(help: "The old key's id.")
    var id: String

    @Option(
        help: ArgumentHelp("How long the old key works on: a span such as 1h or 30m, at most 7d (default: 0).", valueName: "time"))
    var overlap: Overlap?

    @OptionGroup var destination: DestinationOptions
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func validate() throws {
        guard destination.count == 1 else {
            throw ValidationError("say where the secret goes, with exactly one of \(DestinationOptions.choices); nothing was rotated")
        }
    }

    func run() async throws {
        let overlap = overlap?.seconds ?? 0
        var target = try destination.open()
        let (key, end) = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            let key = try await client.make(.rotate(id, overlap: overlap), to: &target.place, json: daemon.json)
            // All is done: when exactly the old one ends is told where that can be had.
            let old = overlap == 0 || daemon.json ? nil : try? await client.get("/v1/api-keys/\(PathText.encoded(id))").root
            return (key, old?["expiresAt"]?.text)
        }
        if let path = target.temporaryFile { Output.note(path) }
        let fate = overlap == 0 ? "revoked" : end.map { "which works until \($0)" } ?? "which works for \(TimeAway.span(overlap)) more"
        let facts = KeyFacts(key: key, place: target.fact, more: [("replaces", "\(id), \(fate)")])
        try facts.tell(isPrinted: destination.printKey, json: daemon.json)
    }
}
