import LatchkeyVerifier
import Synchronization

/// A clock that stands until it is told to go on.
final class ManualClock: WallClock {
    private let moment = Mutex(Timestamp(rfc3339: "2030-01-01T00:00:00Z")!)

    func now() -> Timestamp { moment.withLock { $0 } }

    func advance(seconds: Int64) { moment.withLock { $0 = $0.adding(seconds: seconds) } }
}
