import LatchkeyAuthority
import LatchkeyVerifier
import Synchronization

/// A clock that stands until it is told to go on.
final class ManualClock: HostClock {
    private let moment = Mutex((wall: Timestamp(rfc3339: "2030-01-01T00:00:00Z")!, uptime: Int64(1_000_000)))

    func now() -> Timestamp { moment.withLock { $0.wall } }
    func uptime() -> Int64 { moment.withLock { $0.uptime } }

    /// Time goes by.
    func advance(seconds: Int64) { moment.withLock { $0 = ($0.wall.adding(seconds: seconds), $0.uptime + seconds * 1000) } }

    /// Somebody sets the wall clock.
    func step(seconds: Int64) { moment.withLock { $0.wall = $0.wall.adding(seconds: seconds) } }
}
