package import LatchkeyVerifier
import Synchronization

/// The authority's time: the host's wall clock, watched by a clock that nobody can set.
///
/// The wall clock is reliable while it says what the steady one expects, give or take ``tolerance``. While it is not, nothing is minted or
/// scheduled, and ``now()`` is what the steady clock expects: verification goes on, nothing that has ended comes alive again, nothing that lives
/// ends before its time, and what is written meanwhile says when it was.
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
    private let announced = Mutex<Correction?>(nil)

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

    /// Milliseconds of a clock that nobody can set.
    func uptime() -> Int64 { host.uptime() }

    /// What the wall clock says, and, while that can't be trusted, what it should say.
    package func now() -> Timestamp {
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

    private func settle(at wall: Timestamp) {
        offset.store(wall.milliseconds - host.uptime(), ordering: .releasing)
        isFloor.store(false, ordering: .releasing)
    }

    // MARK: The operator's word

    /// What it means to take the wall clock as right, as it is at one moment.
    struct Correction: Sendable {
        /// What the wall clock says.
        let time: Timestamp
        let problem: ClockProblem?
        /// Milliseconds by which the time changes; 0 when nothing is wrong.
        let step: Int64
        fileprivate let offset: Int64
    }

    /// Behind another one that has been announced there is nothing left to correct.
    func correction() -> Correction {
        let uptime = host.uptime()
        if let announced = announced.withLock({ $0 }) {
            return Correction(time: Timestamp(milliseconds: uptime + announced.offset), problem: nil, step: 0, offset: announced.offset)
        }
        guard let problem else {
            let now = now()
            return Correction(time: now, problem: nil, step: 0, offset: now.milliseconds - uptime)
        }
        return Correction(
            time: problem.wall, problem: problem, step: problem.wall.milliseconds - problem.expected.milliseconds,
            offset: problem.wall.milliseconds - uptime)
    }

    /// Tells of a correction that is about to be committed: what is written after it is written by it.
    func announce(_ correction: Correction?) { announced.withLock { $0 = correction } }

    /// The moment for whoever writes: ``now()``, and behind a correction that has been announced what that makes of it.
    func nowOnRecord() -> Timestamp {
        guard let correction = announced.withLock({ $0 }) else { return now() }
        return Timestamp(milliseconds: host.uptime() + correction.offset)
    }

    /// The wall clock is right, as it was when the correction was made.
    func settle(by correction: Correction) {
        offset.store(correction.offset, ordering: .releasing)
        isFloor.store(false, ordering: .releasing)
    }

    /// Seconds since a moment, when the wall clock is right and they are more than a day.
    func absence(since moment: Timestamp?) -> Int64? {
        guard problem == nil, let moment, case let seconds = now().seconds - moment.seconds, seconds > 86_400 else { return nil }
        return seconds
    }
}
