import Synchronization

/// A number that only grows. Counting costs one atomic addition, on whatever thread.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    /// Wraps round after 2^63: that many nanoseconds are 292 years.
    func add(_ amount: Int = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

    var value: Int { count.load(ordering: .relaxed) }
}
