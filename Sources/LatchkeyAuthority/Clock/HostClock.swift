import Glibc
package import LatchkeyVerifier

/// A wall clock beside a clock that nobody can set. The second one tells when the first was.
package protocol HostClock: WallClock {
    /// Milliseconds that have gone by since some fixed moment, time asleep included. Only differences mean something.
    func uptime() -> Int64
}

extension SystemClock: HostClock {
    /// `CLOCK_BOOTTIME`.
    package func uptime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
