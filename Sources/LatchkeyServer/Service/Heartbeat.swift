import NIOCore
import ServiceLifecycle

/// Tells the service manager that the daemon is alive, for as long as it is.
///
/// Alive means: every event loop turns, so that requests are read and answered. Not asked are the disk and the signers: a disk that hangs does so
/// after a restart as well, and reads, JWKS and verification go on without it.
struct Heartbeat: Service {
    let manager: ServiceManager
    /// Each comes to its end when its part of the daemon is alive, and not before.
    let checks: [@Sendable () async throws -> Void]

    init(_ manager: ServiceManager, checks: [@Sendable () async throws -> Void]) {
        self.manager = manager
        self.checks = checks
    }

    init(_ manager: ServiceManager, of group: any EventLoopGroup) {
        self.init(manager, checks: group.makeIterator().map { loop in { try await loop.submit {}.get() } })
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await beat()
                // Twice in the time that the manager waits: one beat may come late.
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Never so short that beating is all that it does.
    var pause: Duration { manager.patience.map { max($0 / 2, .milliseconds(100)) } ?? .seconds(3600) }

    /// One look at everything, and the word for it.
    func beat() async {
        guard manager.patience != nil else { return }
        do {
            for check in checks { try await check() }
        } catch {
            return
        }
        manager.tell(.alive)
    }
}
