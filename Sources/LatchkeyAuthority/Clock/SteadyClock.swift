package import LatchkeyVerifier
import Synchronization

/// The authority's time: the host's wall clock, watched by a clock that nobody can set.
///
/// The wall clock is reliable while it says what the steady one expects, give or take ``tolerance``. While it is not, nothing is minted or
/// scheduled, and ``now()`` is the later of the two, so that nothing that has ended comes alive again.
package final class SteadyClock: WallClock {
    /// Milliseconds: the clock skew that verifiers accept.
    package static let tolerance: Int64 = 60_000
    /// Milliseconds that the wall clock may be corrected by at a look without anybody's word: what time services do.
    private static let correction: Int64 = 1000

    private let host: any HostClock
    /// Milliseconds from the steady clock's time to what the wall clock should say.
    private let offset: Atomic<Int64>
    /// Whether the expected time is only the earliest that it can be: the clock was behind at the start.
    private let isFloor: Atomic<Bool>

    /// - Parameter floor: the latest time that is known to have been. A clock that is behind it by more than the tolerance is wrong; one
    ///   that is ahead of it, by years even, tells of a long absence.
    init(_ host: any HostClock, floor: Timestamp) {
        self.host = host
        let (wall, uptime) = (host.now().milliseconds, host.uptime())
        let isBehind = wall < floor.milliseconds - Self.tolerance
        offset = Atomic((isBehind ? floor.milliseconds : wall) - uptime)
        isFloor = Atomic(isBehind)
    }

    private var reading: (wall: Timestamp, expected: Timestamp, isReliable: Bool) {
        let wall = host.now()
        let expected = Timestamp(milliseconds: host.uptime() + offset.load(ordering: .acquiring))
        let isBehind = wall < expected.adding(milliseconds: -Self.tolerance)
        let isAhead = wall > expected.adding(milliseconds: Self.tolerance) && !isFloor.load(ordering: .acquiring)
        return (wall, expected, !isBehind && !isAhead)
    }

    /// What the wall clock says, be it right or wrong.
    var wall: Timestamp { host.now() }

    /// What the wall clock says, and, while that can't be trusted, never less than what it should say.
    package func now() -> Timestamp {
        let (wall, expected, isReliable) = reading
        return isReliable ? wall : max(wall, expected)
    }

    /// What the wall clock says, and, while that can't be trusted, what it should say: nothing is scheduled by a clock that jumped ahead.
    package func steadyNow() -> Timestamp {
        let (wall, expected, isReliable) = reading
        return isReliable ? wall : expected
    }

    package var problem: ClockProblem? {
        let (wall, expected, isReliable) = reading
        guard !isReliable else { return nil }
        return ClockProblem(kind: isFloor.load(ordering: .acquiring) ? .behind : .jumped, wall: wall, expected: expected)
    }

    /// A look every second or so. A clock that was behind and is right again counts from here on; a small correction is taken as one.
    ///
    /// - Returns: for a clock that was behind, how many milliseconds later it is than it was thought to be at least.
    @discardableResult func look() -> Int64? {
        let (wall, expected, isReliable) = reading
        guard isReliable else { return nil }
        let difference = wall.milliseconds - expected.milliseconds
        if isFloor.load(ordering: .acquiring) {
            settle(at: wall)
            return difference
        }
        if difference != 0, abs(difference) <= Self.correction { settle(at: wall) }
        return nil
    }

    /// The operator's word that the wall clock is right.
    ///
    /// - Returns: the moment that it says.
    func accept() -> Timestamp {
        let wall = host.now()
        settle(at: wall)
        return wall
    }

    private func settle(at wall: Timestamp) {
        offset.store(wall.milliseconds - host.uptime(), ordering: .releasing)
        isFloor.store(false, ordering: .releasing)
    }
}
