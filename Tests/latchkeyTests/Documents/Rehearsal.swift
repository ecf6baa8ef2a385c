import FoundationEssentials
import LatchkeyAuthority
import LatchkeyServer
import Logging
import ServiceLifecycle
import Subprocess
import Testing

/// An install on which a document's commands are run: a daemon in this process by a clock that the transcript drives, and the real executable on a
/// terminal.
actor Rehearsal {
    /// Where documents say that the state is, and where they say that the daemon listens.
    private static let shownState = "/var/lib/latchkey"
    private static let shownURL = "http://127.0.0.1:8787"
    private static let shownSocket = "/run/latchkey/admin.sock"
    private static let shownProfiles = "/etc/latchkey/profiles.json"

    private let scratch: ScratchDirectory
    private let clock = ManualClock()
    private var settings: [Setting: String] = [:]
    private var daemon: InnerDaemon?
    private var url: String?
    /// What stands in the places of ids that the document shows.
    private var ids: [String: String] = [:]

    init(in scratch: ScratchDirectory) { self.scratch = scratch }

    /// Runs it all, from an install that was never started to its end.
    func run(_ document: Document) async throws {
        do {
            var steps = document.steps[...]
            if case .event(let event)? = steps.first, let age = Self.age(event) {
                steps.removeFirst()
                try await start(secondsAgo: age)
            } else if !Self.beginsWithServe(steps) {
                try await start()
            }
            for step in steps {
                switch step {
                case .event(let event): try await happen(event)
                case .command(let command, let output): try await enter(command, showing: output, in: document)
                }
            }
        } catch {
            try? await stop()
            throw error
        }
        try await stop()
    }

    /// Whether the transcript starts the daemon itself.
    private static func beginsWithServe(_ steps: ArraySlice<Document.Step>) -> Bool {
        if case .command(let command, _)? = steps.first { command.hasPrefix("latchkey serve ") } else { false }
    }

    /// Of `this install was made 100 days ago`: the shell's clock goes on in the present, and the transcript comes near it.
    private static func age(_ event: String) -> Int64? {
        let words = event.split(separator: " ").map(String.init)
        guard event.hasPrefix("this install was made "), words.last == "ago" else { return nil }
        return seconds(words.dropLast().suffix(2))
    }

    // MARK: - What happens

    struct UnknownEvent: Error { let event: String }

    private func happen(_ event: String) async throws {
        let words = event.split(separator: " ").map(String.init)
        switch event {
        case "the daemon is stopped": try await stop()
        case "the daemon is started again":
            try await stop()
            try await start()
        case "the clock is set right": clock.setRight()
        case "a disk error overwrites the store": try overwriteStore()
        default:
            if event.hasPrefix("the clock is set back by "), let seconds = Self.seconds(words.suffix(2)) {
                clock.step(seconds: -seconds)
            } else if event.hasPrefix("the clock is set forward by "), let seconds = Self.seconds(words.suffix(2)) {
                clock.step(seconds: seconds)
            } else if event.hasPrefix("a script logs the secret in "), words.count == 9, words[7] == "to" {
                let secret = try scratch.read(words[6]).filter { !$0.isNewline }
                try scratch.write("+ curl -H 'x-api-key: \(secret)' https://files.example/docs\n", to: words[8])
            } else if words.count == 3, words[2] == "later", let seconds = Self.seconds(words.prefix(2)) {
                clock.advance(seconds: seconds)
            } else {
                throw UnknownEvent(event: event)
            }
        }
        await daemon?.settle()
    }

    /// All of the store's file but its head, so that it is still taken for one.
    private func overwriteStore() throws {
        let path = URL(filePath: scratch["state/store/data.mdb"])
        var bytes = try Data(contentsOf: path)
        for index in bytes.indices.dropFirst(8192) { bytes[index] = 0x5A }
        try bytes.write(to: path)
    }

    /// Of words such as `30 days`.
    private static func seconds(_ words: ArraySlice<String>) -> Int64? {
        let units: [String: Int64] = ["second": 1, "minute": 60, "hour": 3600, "day": 86_400, "year": 365 * 86_400]
        guard let first = words.first, let count = Int64(first), let last = words.last else { return nil }
        return units[last.hasSuffix("s") ? String(last.dropLast()) : last].map { $0 * count }
    }

    // MARK: - What is typed

    private func enter(_ shown: String, showing output: [String], in document: Document) async throws {
        let words = shown.split(separator: " ").map(String.init)
        if words.starts(with: ["latchkey", "serve"]) {
            try await stop()
            settings = Self.settings(words.dropFirst(2))
            return try await start()
        }
        // What somebody types takes time.
        clock.keepUp()
        var command = shown
        for (mine, its) in places { command = command.replacing(mine, with: its) }
        for (mine, its) in ids { command = command.replacing(mine, with: its) }
        let run = try await terminal(command)
        let real = places.reduce(run.text) { $0.replacing($1.its, with: $1.mine) }.replacing(scratch.path + "/", with: "")
        let isRefused = output.contains { $0.hasPrefix("latchkey: ") || $0.hasPrefix(#"{"error""#) }
        #expect((run.code == 0) == !isRefused, "\(document.path): \(shown)\n\(run.code) \(real)")
        let match = OutputMatch(shown: output, real: real.split(separator: "\n").map(String.init))
        #expect(match.missing == [] && match.surplus == [], "\(document.path): \(shown)\n\(real)")
        ids.merge(match.ids) { known, _ in known }
    }

    /// Where the document says that something is, and where it is.
    private var places: [(mine: String, its: String)] {
        [
            (Self.shownSocket, scratch["state/admin.sock"]), (Self.shownState, scratch["state"]), (Self.shownURL, url ?? Self.shownURL),
            (Self.shownProfiles, Document.file("packaging/profiles.json")),
        ]
    }

    /// Settings of a `latchkey serve`.
    private static func settings(_ words: ArraySlice<String>) -> [Setting: String] {
        var settings: [Setting: String] = [:]
        for (flag, value) in zip(words, words.dropFirst()) {
            if let setting = Setting(rawValue: String(flag.drop { $0 == "-" })), flag.hasPrefix("--"), setting != .stateDirectory {
                settings[setting] = value
            }
        }
        return settings
    }

    /// A command line, typed into a terminal of 110 columns by somebody who answers no question.
    private func terminal(_ command: String) async throws -> (code: Int32, text: String) {
        try scratch.write("stty cols 110\n" + command + "\n", to: "typed")
        let environment = Tool.environment([
            "LATCHKEY_SOCKET": scratch["state/admin.sock"], "LATCHKEY_PROFILES_FILE": Document.file("packaging/profiles.json"),
            "LC_ALL": "C.UTF-8", "TERM": "dumb", "SHELL": "/bin/bash",
        ])
        let result = try await Subprocess.run(
            .name("bash"), arguments: ["-c", "cd \"$0\" && exec script -qec 'bash typed' /dev/null", scratch.path],
            environment: environment,
            input: .none, output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard case .exited(let code) = result.terminationStatus else { return (-1, result.standardError) }
        return (code, result.standardOutput.replacing("\r\n", with: "\n"))
    }

    // MARK: - The daemon

    private func start() async throws {
        // The same port each time: the default issuer is the address, and a token of before would be somebody else's.
        let port = url?.split(separator: ":").last ?? "0"
        let standard: [Setting: String] = [
            .stateDirectory: scratch["state"], .listen: "127.0.0.1:\(port)", .signingKeyBits: "2048", .mintsPerHour: "0",
        ]
        let daemon = try await InnerDaemon(standard.merging(settings) { $1 }, clock: clock)
        await daemon.settle()
        self.daemon = daemon
        url = daemon.url
    }

    /// A clock from before this program was built is not believed without the operator's word.
    private func start(secondsAgo age: Int64) async throws {
        clock.step(seconds: -age)
        try await start()
        let run = try await Tool.run(["clock", "accept", "--yes"], environment: ["LATCHKEY_SOCKET": scratch["state/admin.sock"]])
        try #require(run.code == 0, "\(run.errors)")
    }

    private func stop() async throws {
        try await daemon?.stop()
        daemon = nil
    }
}
