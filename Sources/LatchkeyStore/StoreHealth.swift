/// Whether writes succeed.
package struct StoreHealth: Sendable, Equatable {
    /// The sentence that writes are refused with; `nil` when they succeed.
    package var problem: String?
    /// When the trouble began, in nanoseconds of the system's monotonic clock.
    package var since: UInt64?

    package init(problem: String? = nil, since: UInt64? = nil) {
        self.problem = problem
        self.since = since
    }

    package var isWritable: Bool { problem == nil }
}
