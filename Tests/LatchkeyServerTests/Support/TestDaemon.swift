import FoundationEssentials
import Glibc
import LatchkeyAuthority
import LatchkeyServer
import LatchkeyVerifier
import Logging
import ServiceLifecycle
import Synchronization
import Testing

/// A whole daemon in this process, behind real sockets.
final class TestDaemon: Sendable {
    let scratch: Scratch
    let clock: ManualClock
    let log = LogRecorder()
    let ledger = SecretLedger()
    let running: Daemon.Running
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    /// - Parameters:
    ///   - settings: beside 2048-bit keys, a free port, and no limit on mints.
    ///   - scratch: where its state is; one with a state that was made once is copied when there is none.
    init(
        _ settings: [Setting: String] = [:], scratch: Scratch = Scratch(), clock: ManualClock = ManualClock(), inherited: [BoundSocket] = []
    ) async throws {
        self.scratch = scratch
        self.clock = clock
        if !FileManager.default.fileExists(atPath: scratch.state) {
            try FileManager.default.copyItem(atPath: await FirstStart.made.value.state, toPath: scratch.state)
        }
        let logger = log.logger
        var checked = try DaemonSettings(Self.values(settings, scratch))
        // Few, so that one that reads nothing is soon too slow.
        checked.authority.mostWaitingEvents = 256
        let daemon = Daemon(
            settings: checked, clock: clock, version: "0.0-test", inherited: inherited,
            logger: logger)
        let ready = Ready()
        let service = DaemonService { try await daemon.run(signals: [], onReady: { ready.settle(.success($0)) }) }
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: logger))
        self.group = group
        task = Task {
            do {
                try await group.run()
            } catch {
                ready.settle(.failure(error))
                throw error
            }
        }
        running = try await ready.value()
    }

    static func values(_ settings: [Setting: String], _ scratch: Scratch) -> SettingValues {
        let standard: [Setting: String] = [
            .stateDirectory: scratch.state, .adminSocket: scratch.path + "/admin.sock", .listen: "127.0.0.1:0", .signingKeyBits: "2048",
            .mintsPerHour: "0", .organisationTokensPerHour: "0",
        ]
        return SettingValues(flags: standard.merging(settings) { $1 }, environment: [:], file: [:])
    }

    var authority: Authority { running.authority }

    /// The other organisation that is there from the start, unless the test began with a state of its own.
    var neighbour: Neighbour {
        get async throws { try await FirstStart.made.value.neighbour }
    }

    /// Where TCP clients reach it.
    var tcp: Door { .tcp(port: Int(running.url.split(separator: ":").last!)!) }

    var socket: Door { .socket(path: running.adminSocket) }

    /// Lets what is in flight end, and waits for the end.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await task.value
    }

    /// Begins the stop without waiting for its end.
    func beginStop() async { await group.triggerGracefulShutdown() }

    /// No log message holds a secret, nor the hash of one.
    func expectCleanLog(_ location: SourceLocation = #_sourceLocation) {
        let found = ledger.found(in: Array(log.lines.joined(separator: "\n").utf8), rawHashes: true)
        #expect(found.isEmpty, "in the log", sourceLocation: location)
    }
}

/// Runs a test's body against a daemon of its own, stops it gracefully, and looks through its log.
func withDaemon(
    _ settings: [Setting: String] = [:], scratch: Scratch = Scratch(), clock: ManualClock = ManualClock(), inherited: [BoundSocket] = [],
    location: SourceLocation = #_sourceLocation, _ body: (TestDaemon) async throws -> Void
) async throws {
    let daemon = try await TestDaemon(settings, scratch: scratch, clock: clock, inherited: inherited)
    do {
        try await body(daemon)
    } catch {
        try? await daemon.stop()
        throw error
    }
    try await daemon.stop()
    daemon.expectCleanLog(location)
}

private struct DaemonService: Service {
    let body: @Sendable () async throws -> Void

    func run() async throws { try await body() }
}

/// Settled once, by whichever comes first: the daemon answers, or it can't start.
private final class Ready: Sendable {
    private let stream = AsyncStream<Result<Daemon.Running, any Error>>.makeStream()

    func settle(_ result: Result<Daemon.Running, any Error>) {
        stream.continuation.yield(result)
        stream.continuation.finish()
    }

    func value() async throws -> Daemon.Running {
        for await result in stream.stream { return try result.get() }
        throw CancellationError()
    }
}

/// The state that a very first start and a neighbour leave behind, made once: key generation is slow.
private enum FirstStart {
    private static let scratch = Scratch()

    static let made = Task {
        atexit { try? FileManager.default.removeItem(atPath: FirstStart.scratch.path) }
        try FileManager.default.createDirectory(
            atPath: scratch.state, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let daemon = try await TestDaemon(scratch: scratch)
        let neighbour = try await Neighbour.make(in: daemon)
        try await daemon.stop()
        return (state: scratch.state, neighbour: neighbour)
    }
}
