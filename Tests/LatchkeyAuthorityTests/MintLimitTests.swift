@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

@Suite("The mint limit")
struct MintLimitTests {
    private let start = ManualClock.start

    private func drain(_ limit: MintLimit, at now: Timestamp) -> BucketRow {
        var bucket: BucketRow?
        for _ in 0..<limit.burst { bucket = limit.take(from: bucket, at: now).bucket }
        return bucket!
    }

    @Test(
        "lets a burst of 20 through, or a whole hour's when that is less",
        arguments: [(60, 20), (20, 20), (10, 10), (1, 1), (1_000_000, 20)])
    func burst(_ perHour: Int, _ burst: Int) {
        let limit = MintLimit(perHour: perHour)
        var bucket: BucketRow?
        for number in 1...burst {
            let (verdict, next) = limit.take(from: bucket, at: start)
            #expect(verdict.isAllowed)
            #expect(verdict.remaining == burst - number)
            #expect(verdict.limit == perHour)
            #expect(verdict.retrySeconds == 0)
            bucket = next
        }
        let (verdict, _) = limit.take(from: bucket, at: start)
        #expect(!verdict.isAllowed)
        #expect(verdict.remaining == 0)
    }

    @Test(
        "says in whole seconds when one more is allowed and when all are",
        arguments: [(60, 60, 1200), (10, 360, 3600), (1, 3600, 3600), (7200, 1, 10)] as [(Int, Int64, Int64)])
    func waiting(_ perHour: Int, _ retry: Int64, _ reset: Int64) {
        let limit = MintLimit(perHour: perHour)
        let empty = drain(limit, at: start)
        let verdict = limit.take(from: empty, at: start).verdict
        #expect(verdict.retrySeconds == retry)
        #expect(verdict.resetSeconds == reset)
        #expect(limit.take(from: empty, at: start.adding(seconds: retry)).verdict.isAllowed)
        #expect(!limit.take(from: empty, at: start.adding(milliseconds: 3_600_000 / Int64(perHour) - 1)).verdict.isAllowed)
    }

    @Test("refills evenly, and never beyond the burst")
    func refill() {
        let limit = MintLimit(perHour: 60)
        let empty = drain(limit, at: start)
        #expect(limit.take(from: empty, at: start.adding(seconds: 300)).verdict.remaining == 4)
        #expect(limit.take(from: empty, at: start.adding(seconds: 1200)).verdict.remaining == 19)
        #expect(limit.take(from: empty, at: start.adding(seconds: 1_000_000_000)).verdict.remaining == 19)
        #expect(limit.take(from: empty, at: start.adding(seconds: .max)).verdict.remaining == 19)
    }

    @Test("lets no more than 60 and the burst through in an hour, however it is asked")
    func hour() {
        let limit = MintLimit(perHour: 60)
        var bucket: BucketRow?
        var allowed = 0
        for second in 0..<3600 as Range<Int64> {
            let (verdict, next) = limit.take(from: bucket, at: start.adding(seconds: second))
            if verdict.isAllowed { allowed += 1 }
            bucket = next
        }
        #expect((78...80).contains(allowed))
    }

    @Test("gives nothing and takes nothing when the clock goes back")
    func clockBack() {
        let limit = MintLimit(perHour: 60)
        let empty = drain(limit, at: start)
        let (verdict, bucket) = limit.take(from: empty, at: start.adding(seconds: -1800))
        #expect(!verdict.isAllowed)
        #expect(bucket == empty)
        // and what the clock had gone back by is not given again when it comes forth
        #expect(!limit.take(from: bucket, at: start).verdict.isAllowed)
    }

    @Test("doesn't believe a bucket that a clock far ahead has left behind")
    func clockFarAhead() {
        let limit = MintLimit(perHour: 60)
        let wrong = drain(limit, at: start.adding(seconds: 86_400 * 3650))
        let (verdict, bucket) = limit.take(from: wrong, at: start)
        #expect(verdict.isAllowed && verdict.remaining == 19)
        #expect(bucket.at == start)
    }

    @Test("cuts what a wider limit had left over")
    func narrowed() {
        let wide = MintLimit(perHour: 60).take(from: nil, at: start).bucket
        #expect(MintLimit(perHour: 5).take(from: wide, at: start).verdict.remaining == 4)
    }
}
