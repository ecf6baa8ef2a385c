import LatchkeyAuthority
import ServiceLifecycle

/// Lets the authority do what is due, every second, until the daemon stops.
struct UpkeepService: Service {
    let authority: Authority

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // More to remove: at once, but after whoever is waiting.
                let hasMore = await authority.upkeep()
                try? await Task.sleep(for: hasMore ? .milliseconds(10) : .seconds(1))
            }
        }
    }
}
