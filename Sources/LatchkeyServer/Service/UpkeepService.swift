import LatchkeyAuthority
import Logging
import ServiceLifecycle

/// Lets the authority do what is due, every second, until the daemon stops.
struct UpkeepService: Service {
    let authority: Authority
    /// How every part of the install is now.
    let services: @Sendable () -> [ServiceHealth]
    /// What was said of the install's health before.
    let health: HealthLog
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var health = health
            while !Task.isCancelled {
                // More to remove: at once, but after whoever is waiting.
                let hasMore = await authority.upkeep()
                health.tell(services(), logger)
                try? await Task.sleep(for: hasMore ? .milliseconds(10) : .seconds(1))
            }
        }
    }
}
