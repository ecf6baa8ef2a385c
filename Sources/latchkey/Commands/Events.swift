import ArgumentParser
import Glibc

struct Events: AsyncCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch what the daemon decides and what changes, as it happens.",
        discussion: """
            latchkey events
            latchkey events --type scope.check --type token.invalid
            latchkey events --json | jq .missing

            It goes on until Ctrl-C, or until the daemon ends it. --json prints every event as one line.
            """
    )

    @Option(help: ArgumentHelp("Only events of this type; may be repeated, or several joined by commas.", valueName: "name"))
    var type: [String] = []

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        // Whoever watches ends it so; nothing is left half done. `_exit` is safe in a handler, `exit` is not.
        signal(SIGINT) { _ in _exit(ExitStatus.done.rawValue) }
        // Also several in one, as the route takes them.
        let types = type.flatMap { $0.split(separator: ",").map(String.init) }
        let query = types.isEmpty ? "" : "?types=" + PathText.encoded(types.joined(separator: ","))
        var stream = EventStream()
        var lastWords = ""
        try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            try await client.stream("/v1/events" + query, accept: "text/event-stream") { (bytes) throws(CommandFailure) in
                try stream.read(bytes) { (item) throws(CommandFailure) in
                    switch item {
                    case .event(let data): try print(data, hidesEchoes: types.isEmpty || types.contains("scope.check"))
                    case .comment("connected"): Output.note("watching; Ctrl-C ends it")
                    case .comment("heartbeat"): break
                    case .comment(let text): lastWords = text.hasPrefix("ended: ") ? String(text.dropFirst("ended: ".count)) : text
                    }
                }
            }
        }
        guard lastWords.isEmpty else {
            throw CommandFailure(.failed, "the daemon ended the stream: \(lastWords)", hint: "start again to go on")
        }
        throw CommandFailure(
            .failed, "the daemon ended the stream",
            hint: "it was stopped, this reader was too slow for it, or the credential is no longer good; start again to go on")
    }

    /// - Parameter hidesEchoes: whether the check that says the same is printed, too.
    private func print(_ data: [UInt8], hidesEchoes: Bool) throws(CommandFailure) {
        let event = try JSONDocument(data).root
        if daemon.json {
            // Line ends stand between the values only; inside a string they are escaped.
            return try Output.json(data.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
        }
        let line = EventLine(event)
        guard !line.isEcho || !hidesEchoes else { return }
        try Output.line(line.text(colour: Output.usesColour, time: Output.isTerminal))
    }
}
