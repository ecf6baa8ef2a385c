/// Told of each signature, on the thread that asks for it or makes it. What it does must cost next to nothing.
package struct SigningObserver: Sendable {
    /// One is wanted.
    package var asked: @Sendable () -> Void
    /// A thread has taken it, so many nanoseconds later.
    package var began: @Sendable (_ waited: UInt64) -> Void
    /// It is done, or failed, after so many nanoseconds more.
    package var ended: @Sendable (_ took: UInt64) -> Void

    package init(
        asked: @escaping @Sendable () -> Void, began: @escaping @Sendable (_ waited: UInt64) -> Void,
        ended: @escaping @Sendable (_ took: UInt64) -> Void
    ) {
        self.asked = asked
        self.began = began
        self.ended = ended
    }
}
