import LatchkeyAuthority
import ServiceLifecycle

/// Ends the event streams when the daemon is told to stop.
struct EventStreamService: Service {
    let authority: Authority

    func run() async throws {
        try? await gracefulShutdown()
        authority.endEvents()
    }
}
