import FoundationEssentials
import Glibc
import Subprocess
import Synchronization

/// A daemon of the tests' own: `latchkey serve` on a fresh state directory and a free port.
struct DaemonProcess: Sendable {
    /// Set while tests run inside ``WithDaemon``.
    @TaskLocal static var shared: DaemonProcess?

    /// Fixed: with a free port the default issuer would be another one after a restart, and older tokens somebody else's.
    static let issuer = "https://latchkey.test"
    static let options = [
        "--listen", "127.0.0.1:0", "--issuer", issuer, "--signing-key-bits", "2048", "--limit-api-key-mint-per-hour", "0",
    ]

    let pid: pid_t
    let url: String
    let stateDirectory: String
    let log: Log

    var socket: String { stateDirectory + "/admin.sock" }

    /// A run of the command line against this daemon.
    func run(
        _ arguments: String..., input: String? = nil, environment: [String: String] = [:], shell: String? = nil
    ) async throws -> Tool.Run {
        try await Tool.run(arguments, input: input, environment: environment.merging(["LATCHKEY_SOCKET": socket]) { $1 }, shell: shell)
    }

    /// What it has said on standard error, line by line.
    final class Log: Sendable {
        private let text = Mutex<[String]>([])

        var lines: [String] { text.withLock { $0 } }

        fileprivate func append(_ line: String) { text.withLock { $0.append(line) } }
    }

    struct Ended<Value: Sendable>: Sendable {
        let value: Value
        let status: TerminationStatus
        let log: [String]
    }

    struct DidNotListen: Error, CustomStringConvertible {
        let log: [String]
        var description: String { "the daemon ended before it listened: \(log.joined(separator: " | "))" }
    }

    /// Starts a daemon, waits for its `listening on` line, lends it, ends it with SIGTERM and waits until it has gone.
    ///
    /// - Parameter watcher: a command that the daemon's own command line is put behind, and that becomes it.
    static func with<Value: Sendable>(
        stateDirectory: String, options: [String] = DaemonProcess.options, environment: [String: String] = [:],
        under watcher: [String] = [],
        _ body: (DaemonProcess) async throws -> Value
    ) async throws -> Ended<Value> {
        let log = Log()
        let line = watcher + [Tool.name, "serve", "--state-dir", stateDirectory] + options
        let configuration = Configuration(
            executable: .name(line[0]), arguments: Arguments(Array(line.dropFirst())),
            environment: Tool.environment(environment))
        let outcome = try await Subprocess.run(configuration, input: .none, output: .discarded, error: .sequence) { execution in
            let pid = execution.processIdentifier.value
            let lines = execution.standardError.strings()
            let (listening, announcement) = AsyncStream<String>.makeStream()
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await line in lines {
                        log.append(line)
                        if line.hasPrefix("listening on ") { announcement.yield(String(line.dropFirst("listening on ".count))) }
                    }
                    announcement.finish()
                }
                var announcements = listening.makeAsyncIterator()
                guard let url = await announcements.next() else { throw DidNotListen(log: log.lines) }
                defer { kill(pid, SIGTERM) }
                return try await body(DaemonProcess(pid: pid, url: url, stateDirectory: stateDirectory, log: log))
            }
        }
        return Ended(value: outcome.closureResult, status: outcome.terminationStatus, log: log.lines)
    }
}
