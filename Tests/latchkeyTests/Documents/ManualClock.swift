import LatchkeyAuthority
import LatchkeyVerifier
import Synchronization

/// A clock that stands until it is told to go on. It begins at the present: the shell's own clock says the same.
final class ManualClock: HostClock {
    private struct State {
        var wall = SystemClock().now()
        var uptime: Int64 = 1_000_000
        /// By how much the wall clock was set, each time, in seconds.
        var steps: [Int64] = []
    }

    private let state = Mutex(State())

    func now() -> Timestamp { state.withLock { $0.wall.adding(seconds: $0.steps.reduce(0, +)) } }
    func uptime() -> Int64 { state.withLock { $0.uptime } }

    /// Time goes by.
    func advance(seconds: Int64) {
        state.withLock {
            $0.wall = $0.wall.adding(seconds: seconds)
            $0.uptime += seconds * 1000
        }
    }

    /// What somebody does takes a second, or as long as it has taken.
    func keepUp() {
        let lag = SystemClock().now().seconds - state.withLock { $0.wall.seconds }
        advance(seconds: max(1, lag))
    }

    /// Somebody sets the wall clock.
    func step(seconds: Int64) { state.withLock { $0.steps.append(seconds) } }

    /// What somebody did last to the wall clock is undone.
    func setRight() { state.withLock { _ = $0.steps.popLast() } }
}
