/// How often values of which size came. Noting one costs two atomic additions, without a lock.
final class Histogram: Sendable {
    /// From a tenth of a millisecond, which a read takes, to ten seconds, in nanoseconds.
    static let latencies =
        [100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 50_000_000, 250_000_000]
        + [1_000_000_000, 10_000_000_000]

    /// The greatest value of each bucket but the last, which has none; growing.
    let bounds: [Int]
    private let buckets: [Counter]
    private let sum = Counter()

    init(bounds: [Int] = Histogram.latencies) {
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in Counter() }
    }

    func record(_ value: Int) {
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        buckets[index].add()
        sum.add(value)
    }

    struct Reading {
        /// How many values were at most each bound; the last is the count of all.
        let cumulative: [Int]
        let sum: Int
    }

    /// What was noted so far. The sum may be of a moment that is a few values apart.
    var reading: Reading {
        var count = 0
        let cumulative = buckets.map { bucket in
            count += bucket.value
            return count
        }
        return Reading(cumulative: cumulative, sum: sum.value)
    }
}
