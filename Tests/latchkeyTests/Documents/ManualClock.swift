import LatchkeyAuthority
import LatchkeyVerifier
import Synchronization

/// A clock that stands until it is told to go on. It begins at the present: the shell's own clock says the same.
final class ManualClock: HostClock {
    private struct State {
        var wall = SystemClock().now()
        var uptime: Int64 = 1_000_000
        /// By how much the wall clock is wrong, in seconds.
        var error: Int64 = 0
    }

    private let state = Mutex(State())

    func now() -> Timestamp { state.withLock { $0.wall.adding(seconds: $0.error) } }
    func uptime() -> Int64 { state.withLock { $0.uptime } }

    /// Time goes by.
    func advance(seconds: Int64) {
        state.withLock {
            $0.wall = $0.wall.adding(seconds: seconds)
            $0.uptime += seconds * 1000
        }
    }

    /// Somebody sets the wall clock.
    func step(seconds: Int64) { state.withLock { $0.error += seconds } }

    /// Somebody sets it right.
    func setRight() { state.withLock { $0.error = 0 } }
}
