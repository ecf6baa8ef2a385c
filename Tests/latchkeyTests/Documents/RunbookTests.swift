import Subprocess
import Testing

/// The runbooks are tried out before the night on which they are needed: every transcript is run as it stands there, with the real executable, on an
/// install of its own, and every command that is only named is one that there is.
@Suite(.timeLimit(.minutes(5))) struct RunbookTests {
    private static let folder = "packaging/doc/runbooks"

    @Test func `there is a runbook for each bad night`() throws {
        let names = try Document.all(in: Self.folder).map { String($0.path.dropFirst(Self.folder.count + 1)) }
        #expect(
            names == [
                "audit-log.md", "bad-day.md", "bootstrap.md", "break-glass.md", "cutover.md", "emergency.md", "leaked-key.md",
                "lost-master-key.md", "lost-secret.md", "offline-verifiers.md", "planned-rotation.md", "rotating-keys.md",
                "self-service.md", "service-keys.md", "wrong-clock.md",
            ])
    }

    @Test(arguments: try Document.all(in: folder)) func `every command of a runbook does what the runbook shows`(_ runbook: Document)
        async throws
    {
        let commands = runbook.steps.filter { if case .command = $0 { true } else { false } }
        #expect(commands.count >= 5, "the transcripts of \(runbook.path) have gone missing")
        try await ScratchDirectory.with { scratch in try await Rehearsal(in: scratch).run(runbook) }
    }

    @Test(arguments: try Document.all(in: folder) + [Document("README.md")])
    func `every command that a document names is there, with its options`(
        _ document: Document
    ) async throws {
        let mentions = document.mentions
        #expect(!mentions.isEmpty)
        for mention in mentions {
            let words = mention.split(separator: " ").dropFirst().map(String.init)
            let command = words.prefix { word in word.allSatisfy { $0.isLowercase || $0 == "-" } && !word.hasPrefix("-") }
            let help = try await Tool.run(command + ["--help"])
            #expect(help.code == 0, "\(document.path): \(mention)\n\(help.errors)")
            for option in words where option.hasPrefix("--") {
                #expect(help.output.contains(option), "\(document.path): \(mention)")
            }
        }
    }

    @Test func `the scope tables are what the profiles and the daemon's own routes say, word for word`() async throws {
        let command = "latchkey scopes profiles"
        let steps = try Document(Self.folder + "/service-keys.md").steps
        let shown = steps.compactMap { step in
            if case .command(command, let output) = step { output } else { nil }
        }
        try #require(shown.count == 1)
        try await ScratchDirectory.with { scratch in
            let ended = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let run = try await daemon.run("scopes", "profiles", "--profiles-file", Document.file("packaging/profiles.json"))
                #expect(run.code == 0, "\(run.errors)")
                let words = { (line: String) in line.split(whereSeparator: \.isWhitespace) }
                #expect(run.lines.map(words) == shown[0].dropFirst().map(words))
            }
            #expect(ended.status == .exited(0))
        }
    }
}
