import Glibc

/// Where the time comes from. Everything that asks for the time is given one of these, so that tests decide what time it is.
public protocol WallClock: Sendable {
    func now() -> Timestamp
}

/// The host's real-time clock (`CLOCK_REALTIME`).
public struct SystemClock: WallClock {
    public init() {}

    public func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
