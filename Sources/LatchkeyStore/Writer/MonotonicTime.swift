import Glibc

package enum MonotonicTime {
    /// Nanoseconds of the system's monotonic clock. Only differences mean something.
    package static var now: UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
