import LatchkeyVerifier

/// How many more, and when: what the `RateLimit-*` headers say.
package struct LimitVerdict: Sendable, Equatable {
    package let isAllowed: Bool
    /// Mints an hour.
    package let limit: Int
    package let remaining: Int
    /// Whole seconds until the bucket is full again.
    package let resetSeconds: Int64
    /// Whole seconds until one more is allowed; 0 when it is now.
    package let retrySeconds: Int64

    package init(isAllowed: Bool, limit: Int, remaining: Int, resetSeconds: Int64, retrySeconds: Int64) {
        self.isAllowed = isAllowed
        self.limit = limit
        self.remaining = remaining
        self.resetSeconds = resetSeconds
        self.retrySeconds = retrySeconds
    }
}

/// A token bucket without a clock or a store of its own: `perHour` mints flow in evenly, and at most `burst` wait to be used.
struct MintLimit: Sendable {
    let perHour: Int
    let burst: Int

    private static let unit: Int64 = 1_000_000
    private static let hour: Int64 = 3_600_000

    /// - Parameter perHour: at least 1. The burst is 20, or all of an hour's when that is less (contract §10).
    init(perHour: Int) {
        self.perHour = perHour
        burst = min(20, perHour)
    }

    /// Takes one, if there is one.
    func take(from bucket: BucketRow?, at now: Timestamp) -> (verdict: LimitVerdict, bucket: BucketRow) {
        let full = Int64(burst) * Self.unit
        var level = full
        if let bucket {
            // A clock that went back a little gives nothing and takes nothing; a bucket from beyond the next hour was written by a clock that
            // was wrong, and says nothing.
            let elapsed = now.milliseconds - bucket.at.milliseconds
            if elapsed > -Self.hour {
                level = min(full, bucket.level + min(max(0, elapsed), Self.hour) * Int64(perHour) * Self.unit / Self.hour)
            }
        }
        let isAllowed = level >= Self.unit
        if isAllowed { level -= Self.unit }
        let missing = isAllowed ? 0 : Self.unit - level
        return (
            LimitVerdict(
                isAllowed: isAllowed, limit: perHour, remaining: Int(level / Self.unit), resetSeconds: seconds(toGain: full - level),
                retrySeconds: seconds(toGain: missing)),
            BucketRow(level: level, at: bucket.map { $0.at.milliseconds - now.milliseconds < Self.hour ? max(now, $0.at) : now } ?? now)
        )
    }

    /// Rounded up, so that whoever waits for it is not refused again.
    private func seconds(toGain amount: Int64) -> Int64 {
        let rate = Int64(perHour) * Self.unit
        return (amount * 3600 + rate - 1) / rate
    }
}
