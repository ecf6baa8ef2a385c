import LatchkeyAuthority
import LatchkeyServer
import Logging
import ServiceLifecycle

/// A whole daemon in this process, behind real sockets, with a clock that a test drives.
struct InnerDaemon: Sendable {
    private let running: Daemon.Running
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    var url: String { running.url }

    init(_ settings: [Setting: String], clock: ManualClock) async throws {
        let checked = try DaemonSettings(SettingValues(flags: settings, environment: [:], file: [:]))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let daemon = Daemon(settings: checked, clock: clock, version: "0.1.0", logger: logger)
        let (answers, answer) = AsyncThrowingStream<Daemon.Running, any Error>.makeStream()
        let service = Inner { try await daemon.run(signals: [], onReady: { answer.yield($0) }) }
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: logger))
        self.group = group
        task = Task {
            do {
                try await group.run()
                answer.finish()
            } catch {
                answer.finish(throwing: error)
                throw error
            }
        }
        var first = answers.makeAsyncIterator()
        guard let running = try await first.next() else { throw CancellationError() }
        self.running = running
    }

    /// Does what is due by now, as a running daemon does every second.
    func settle() async {
        while await running.authority.upkeep() {}
        await running.authority.tendKeys()
    }

    /// As SIGTERM does.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await task.value
    }

    private struct Inner: Service {
        let body: @Sendable () async throws -> Void

        func run() async throws { try await body() }
    }
}
