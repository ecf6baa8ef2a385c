import ServiceLifecycle

/// Tells the service manager that the end has begun. It is the first one to hear of it.
struct StopNotice: Service {
    let manager: ServiceManager

    func run() async throws {
        do {
            try await gracefulShutdown()
        } catch {
            // Cancelled: something failed, and that is told elsewhere.
            return
        }
        manager.tell(.stopping, .status("ends what was asked, then stops"))
    }
}
