extension Authority {
    /// Runs work on the threads of the pool. A request prefers its event loop for all that it awaits, and what takes long must not stand in the
    /// way of everybody else there.
    ///
    /// That a function is `@concurrent` does not suffice: it runs where the task prefers to.
    package func aside<Result: Sendable, Failure>(
        _ work: @escaping @Sendable @concurrent () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await withTaskExecutorPreference(globalConcurrentExecutor) { () async throws(Failure) -> Result in try await work() }
    }
}
