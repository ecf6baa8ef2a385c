import LatchkeyServer
import Subprocess
import Testing

/// The commands of the README are run as they stand there, in their order. Ids that differ from run to run, and the port, are put in the place of the
/// printed ones.
@Suite struct ReadmeTests {
    private struct Step {
        let command: String
        let output: [String]
        /// Whether the README shows that the command is refused.
        var isRefused: Bool { output.contains { $0.hasPrefix("latchkey: ") } }
    }

    @Test(.timeLimit(.minutes(2))) func `every command of the tour does what the README shows`() async throws {
        let steps = try Self.steps()
        #expect(steps.count >= 10, "the tour has gone missing")
        #expect(steps.first?.command == "latchkey serve --state-dir ./state")
        try await ScratchDirectory.with { scratch in
            let ended = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                var ids = ["http://127.0.0.1:8787": daemon.url]
                var variables: [String: String] = [:]
                var shown: [String]?
                for step in steps.dropFirst() {
                    let command = ids.reduce(step.command) { $0.replacing($1.key, with: $1.value) }
                    if command.hasPrefix("export ") {
                        let parts = command.dropFirst("export ".count).split(separator: "=", maxSplits: 1).map(String.init)
                        variables[parts[0]] = parts[1]
                        continue
                    }
                    if command == "latchkey events" {
                        // The README's other terminal.
                        shown = step.output
                        let started = try await Self.shell(Self.watch, in: scratch.path, variables)
                        #expect(started.code == 0, "\(started.text)")
                        continue
                    }
                    let run = try await Self.shell(command, in: scratch.path, variables)
                    #expect((run.code == 0) == !step.isRefused, "\(command): \(run.text)")
                    for (printed, real) in zip(Self.ids(in: step.output.joined(separator: "\n")), Self.ids(in: run.text)) {
                        ids[printed] = real
                    }
                }
                let lines = try #require(shown, "the tour does not watch events")
                let seen = try await Self.shell("lines=\(lines.count)\n" + Self.seen, in: scratch.path, variables)
                #expect(seen.text.split(separator: "\n").prefix(lines.count).map(String.init) == lines)
                #expect(lines.count >= 4)
            }
            #expect(ended.status == .exited(0))
        }
    }

    @Test(.timeLimit(.minutes(2))) func `the timeline is one of the day after a first rotation`() async throws {
        let command = "latchkey signing-keys explain"
        let shown = try #require(Self.steps().first { $0.command == command }).output
        let transcript = ["```", "# 90 days later", "# 20 hours later", "$ " + command] + shown + ["```"]
        try await ScratchDirectory.with { scratch in
            try await Rehearsal(in: scratch).run(Document(path: "README.md", text: transcript.joined(separator: "\n")))
        }
    }

    /// The first cells of a section's tables, and what stands in them between back-quotes.
    private static func rows(of section: String) throws -> [[String]] {
        let lines = try Document("README.md").text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let inside = lines.drop { $0 != "## " + section }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return inside.filter { $0.hasPrefix("| `") }.map { line in
            let cell = line.split(separator: "|").first ?? ""
            return cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { !$0.offset.isMultiple(of: 2) }.map {
                String($0.element)
            }
        }
    }

    @Test func `every setting has its row, and every row is a setting`() throws {
        #expect(Set(try Self.rows(of: "Settings").joined()) == Set(Setting.allCases.map(\.rawValue)))
    }

    @Test func `every route is in the table of the routes, and every row of it has one`() throws {
        let paths = Set(RouteTable.api.routes.map(\.path))
        var found: Set<String> = []
        for span in try Self.rows(of: "HTTP").joined() {
            // `GET /v1/x?y=`, `/v1/x…`, and `GET` alone before another method of the same path.
            guard let path = span.split(separator: " ").last(where: { $0.hasPrefix("/") })?.prefix(while: { $0 != "?" }) else { continue }
            let beginning = path.hasSuffix("…") ? String(path.dropLast()) : nil
            let named = paths.filter { one in beginning.map { one.hasPrefix($0) } ?? (one == path) }
            #expect(!named.isEmpty, "there is no route \(span)")
            found.formUnion(named)
        }
        #expect(paths.subtracting(found) == [])
    }

    /// Starts `latchkey events`, and returns once it watches.
    private static let watch = """
        latchkey events > events.out 2> events.err & echo $! > events.pid
        timeout 20 bash -c 'until grep -q ^watching events.err; do kill -0 $(cat events.pid) || exit 1; sleep 0.05; done'
        """

    /// Ends it, once it has printed as many lines as are expected.
    private static let seen = """
        timeout 20 bash -c 'until (($(wc -l < events.out) >= $0)); do sleep 0.05; done' "$lines"
        kill "$(cat events.pid)"
        cat events.out
        """

    private static func steps() throws -> [Step] {
        try Document("README.md").steps.compactMap { step in
            if case .command(let command, let output) = step { Step(command: command, output: output) } else { nil }
        }
    }

    private static func ids(in text: String) -> [String] {
        text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init).filter { word in
            ["ak_", "agent_", "tok_", "sess_"].contains { word.hasPrefix($0) && word.utf8.count == $0.utf8.count + 26 }
        }
    }

    private static func shell(_ command: String, in directory: String, _ variables: [String: String]) async throws -> (
        code: Int32, text: String
    ) {
        let result = try await Subprocess.run(
            .name("bash"), arguments: ["-c", "cd \"$0\" || exit 99\n" + command, directory], environment: Tool.environment(variables),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard case .exited(let code) = result.terminationStatus else { return (-1, result.standardError) }
        return (code, result.standardOutput + result.standardError)
    }
}
