import ArgumentParser

struct ExplainSigningKeys: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Draw the life of every signing key, and say what happens next, when, and why something waits.",
        discussion: """
            latchkey signing-keys explain

            Left of the line is what was, right of it what is planned. On a terminal the drawing has blocks, elsewhere letters.
            """
    )

    @OptionGroup var daemon: DaemonOptions

    func run() async throws {
        let ring = try await DaemonClient.with(daemon) { try await $0.keyRing() }
        if daemon.json { return try Output.json(ring.root.raw) }
        let style = Output.isTerminal ? KeyTimeline.Style.blocks : .letters
        for line in try ring.timeline(width: Output.width, style: style).lines { try Output.line(Shown.text(line)) }
        try Output.line("")
        for sentence in try ring.sentences { try Output.line(Shown.squeezed(sentence)) }
    }
}
