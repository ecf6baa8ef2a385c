import LatchkeyAuthority
import ServiceLifecycle

/// The clock of the event streams, each second; and their end, when the daemon is told to stop.
struct EventStreamService: Service {
    let authority: Authority

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                authority.tickEvents()
                try? await Task.sleep(for: .seconds(1))
            }
        }
        authority.endEvents()
    }
}
