import FoundationEssentials
import Glibc
package import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
package import Logging
import NIOPosix
import ServiceLifecycle
package import UnixSignals

/// The whole appliance: sockets, store, authority and the services that serve them, from start to clean stop.
package struct Daemon: Sendable {
    private let settings: DaemonSettings
    private let clock: any HostClock
    private let version: String
    private let logger: Logger
    /// Descriptors 3 and on from the service manager, when it has bound the sockets.
    private let inherited: [BoundSocket]
    private let manager: ServiceManager

    package init(
        settings: DaemonSettings, clock: any HostClock = SystemClock(), version: String, inherited: [BoundSocket] = [],
        manager: ServiceManager = .none, logger: Logger
    ) {
        self.settings = settings
        self.clock = clock
        self.version = version
        self.inherited = inherited
        self.manager = manager
        self.logger = logger
    }

    /// Serves until SIGTERM, SIGINT or a graceful shutdown from outside; in-flight requests end, then the store closes.
    ///
    /// - Parameters:
    ///   - signals: which signals end it.
    ///   - onReady: called once, when all sockets answer.
    /// - Throws: `ListenerError`, `StoreError`, `OpeningError`, `ConfigurationError` when it can't start.
    package func run(signals: [UnixSignal] = [.sigterm, .sigint], onReady: @escaping @Sendable (Running) -> Void = { _ in }) async throws {
        // Before it is heeded it must not end the daemon: who reloads may be early.
        if !signals.isEmpty { signal(SIGHUP, SIG_IGN) }
        let certificate = try servingCertificate()
        try StateDirectory(settings.stateDirectory).make()
        // TCP first: its port may be part of the issuer. Until it listens, a connect is refused.
        let network = try networkSocket()
        let url = "\(settings.scheme)://\(network.name)"
        let metrics = Metrics(.api)
        let store = try openStore(metrics)
        let authority: Authority
        do {
            authority = try openAuthority(store, url: url, metrics)
        } catch {
            store.close()
            network.close()
            throw error
        }
        do {
            // After a long absence: rotated as due, and only then served.
            await authority.tendKeys()
            if let notice = authority.absenceNotice { logger.notice("\(notice)") }
            let admin = try adminSocket()
            try await serve(
                network: network, admin: admin, authority: authority, url: url, certificate: certificate, metrics: metrics,
                signals: signals, onReady: onReady)
        } catch {
            await authority.close()
            throw error
        }
        await authority.close()
        logger.info("stopped; everything that was acknowledged is on disk")
    }

    private func serve(
        network: BoundSocket, admin: (socket: BoundSocket, peers: PeerPolicy), authority: Authority, url: String,
        certificate: ServingCertificate?, metrics: Metrics, signals: [UnixSignal], onReady: @escaping @Sendable (Running) -> Void
    ) async throws {
        let about = About(
            version: version, listen: url, adminSocket: admin.socket.name, stateDirectory: settings.stateDirectory,
            masterKey: masterKey.path,
            masterKeySharesDisk: StateDirectory(settings.stateDirectory).sharesDisk(with: masterKey.path),
            retryWindow: settings.authority.refreshRetryWindow, settingsFile: settings.file, unknownVariables: settings.unknownVariables,
            certificate: certificate, metrics: metrics)
        // A socket of our own is asked as others ask it; one that was handed over may be out of our reach.
        let door = inherited.contains { !$0.isUnix } ? InsideDoor() : nil
        let responder = try APIResponder(
            table: .api, authority: authority, peers: admin.peers, proxies: settings.trustedProxies,
            requestsPerSecond: settings.requestsPerSecond, clock: clock, about: about,
            probe: ListenerProbe(network, door: door, certificate: certificate))
        let reload = ReloadService(
            certificate: certificate, authority: authority, signals: signals.isEmpty ? [] : [.sighup], logger: logger)
        let running = Running(url: url, adminSocket: admin.socket.name, authority: authority, reload: { reload.reload() })
        let countdown = Countdown(2) { [logger, manager] in
            logger.info("listening on \(url)")
            manager.tell(.ready, .status("listening on \(url)"))
            onReady(running)
        }
        let group = MultiThreadedEventLoopGroup.singleton
        let budget = DescriptorBudget.ofThisProcess
        let listeners = [
            Listener(
                socket: network, responder: responder, limits: ListenerLimits(maxConnections: budget.network), logger: logger, group: group,
                door: door, certificate: certificate, meter: metrics.network, onListening: { countdown.count() }),
            Listener(
                socket: admin.socket, responder: responder, limits: ListenerLimits(maxConnections: budget.admin), logger: logger,
                group: group, meter: metrics.admin, onListening: { countdown.count() }),
        ]
        let services: @Sendable () -> [ServiceHealth] = { about.services(authority) }
        var health = HealthLog()
        health.tell(services(), logger)
        var configuration = ServiceGroupConfiguration(
            services: [
                // Stopped last: it is alive until the last request has its answer.
                .init(service: Heartbeat(manager, of: group), successTerminationBehavior: .gracefullyShutdownGroup),
                .init(service: reload, successTerminationBehavior: .gracefullyShutdownGroup),
                .init(
                    service: UpkeepService(authority: authority, services: services, health: health, logger: logger),
                    successTerminationBehavior: .gracefullyShutdownGroup),
            ]
                + listeners.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) }
                // They are stopped from the last one on: streams that would go on for ever end before the listeners wait for their answers.
                + [
                    .init(service: EventStreamService(authority: authority), successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: StopNotice(manager: manager), successTerminationBehavior: .gracefullyShutdownGroup),
                ],
            gracefulShutdownSignals: signals, logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(30)
        try await ServiceGroup(configuration: configuration).run()
    }

    /// The pair that TLS is served with, checked before anything is opened or made.
    private func servingCertificate() throws(ConfigurationError) -> ServingCertificate? {
        guard let files = settings.certificate else { return nil }
        return try ServingCertificate(files, clock: clock)
    }

    private func openStore(_ metrics: Metrics) throws -> Store {
        var options = Store.Options()
        options.onDurable = { metrics.committed(closures: $0, nanoseconds: $1) }
        // Held until the store's own lock is: a restore has to find either of them taken.
        let held: StateDirectoryLock?
        do {
            held = try StateDirectoryLock(settings.stateDirectory, isShared: true)
        } catch {
            throw StoreError(.unavailable, error.message)
        }
        guard let lock = held else {
            throw StoreError(.locked, "a restore is at work in \(settings.stateDirectory); start again when it has ended")
        }
        return try withExtendedLifetime(lock) {
            try Store.open(directory: settings.stateDirectory + "/store", schema: Tables.schema(writer: version), options: options)
        }
    }

    private func openAuthority(_ store: Store, url: String, _ metrics: Metrics) throws -> Authority {
        var authority = settings.authority
        authority.issuer = settings.issuer ?? url
        authority.signingThreads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        authority.madeAt = Self.madeAt
        authority.signingObserver = metrics.signing.observer
        authority.program = "latchkey \(version)"
        return try Authority.open(store: store, settings: authority, masterKey: masterKey, clock: clock)
    }

    /// The TCP socket: the one that was handed over, else our own.
    private func networkSocket() throws -> BoundSocket {
        guard inherited.count(where: { !$0.isUnix }) <= 1, inherited.count(where: \.isUnix) <= 1 else {
            throw ConfigurationError("more than one TCP or more than one unix socket was handed over; pass at most one of each")
        }
        guard let handed = inherited.first(where: { !$0.isUnix }) else { return try .tcp(host: settings.host, port: settings.port) }
        let colon = handed.name.lastIndex(of: ":") ?? handed.name.endIndex
        try settings.requireLoopback(handed.name[..<colon].filter { $0 != "[" && $0 != "]" })
        if let listen = settings.listen, listen != handed.name {
            logger.warning(
                "listen is \(listen), but the service manager has opened \(handed.name), and that is served: change its socket unit, or take listen out"
            )
        }
        return handed
    }

    /// The admin socket and who may use it. Without the admin group only its owner can even connect.
    private func adminSocket() throws -> (socket: BoundSocket, peers: PeerPolicy) {
        let group = PeerPolicy.group(named: settings.adminGroup)
        if group == nil, settings.adminGroupIsRequired {
            throw ConfigurationError(
                "there is no group \(settings.adminGroup) on this host: make it with addgroup --system, or leave admin-group out")
        }
        let peers = PeerPolicy(ownUser: geteuid(), adminGroup: group)
        let socket =
            try inherited.first { $0.isUnix }
            ?? BoundSocket.unix(path: settings.adminSocket, mode: group == nil ? 0o600 : 0o660, group: group)
        return (socket, peers)
    }

    private var masterKey: MasterKey.Source { settings.masterKey(ProcessInfo.processInfo.environment) }

    /// When this program was made: packages keep the time of its file.
    private static var madeAt: Timestamp {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return Timestamp(milliseconds: 0) }
        return Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000)
    }

    /// What a running daemon can be reached by.
    package struct Running: Sendable {
        package let url: String
        package let adminSocket: String
        package let authority: Authority
        /// Reads anew what can be read anew, as SIGHUP does.
        package let reload: @Sendable () -> Void
    }
}
