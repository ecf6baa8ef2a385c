/// Keeps what is said again and again out of the log: the same words come once a minute at most, and a few different ones.
struct SparseLog: Sendable {
    /// Nanoseconds.
    private static let minute: UInt64 = 60_000_000_000
    /// Different words a minute.
    static let most = 5

    /// When each was said last.
    private var said: [String: UInt64] = [:]

    /// Whether it is to be said now.
    ///
    /// - Parameter now: nanoseconds of a clock that nobody can set.
    mutating func isNews(_ words: String, at now: UInt64) -> Bool {
        said = said.filter { now &- $0.value < Self.minute }
        guard said[words] == nil, said.count < Self.most else { return false }
        said[words] = now
        return true
    }

    /// After a success the next failure is news, whatever was said of those before it.
    mutating func forget() { said = [:] }
}
