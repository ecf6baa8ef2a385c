extension Authority {
    /// Runs work on the threads of the pool. A request prefers its event loop for all that it awaits, and what takes long must not stand in the
    /// way of everybody else there.
    func aside<Result: Sendable>(_ work: @escaping @Sendable @concurrent () async throws -> Result) async throws -> Result {
        try await withTaskExecutorPreference(globalConcurrentExecutor) { try await work() }
    }
}
