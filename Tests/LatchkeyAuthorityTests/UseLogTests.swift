@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

@Suite("The log of uses")
struct UseLogTests {
    private let start = ManualClock.start
    private let key = OwnedKey("org_1", "ak_1")

    @Test("tells a use at once and then at most once a minute")
    func minute() {
        let log = UseLog()
        log.note(key, at: start)
        #expect(log.take(limit: 10).map(\.at) == [start])
        log.note(key, at: start.adding(milliseconds: 59_999))
        #expect(log.take(limit: 10).isEmpty)
        log.note(key, at: start.adding(seconds: 60))
        #expect(log.take(limit: 10).map(\.at) == [start.adding(seconds: 60)])
    }

    @Test("tells the latest of the uses that wait")
    func latest() {
        let log = UseLog()
        for second in 0..<5 as Range<Int64> { log.note(key, at: start.adding(seconds: second)) }
        #expect(log.take(limit: 10).map(\.at) == [start.adding(seconds: 4)])
    }

    @Test("gives as many as are asked for, and none twice")
    func limit() {
        let log = UseLog()
        for number in 0..<25 { log.note(OwnedKey("org_1", "ak_\(number)"), at: start) }
        let taken = [log.take(limit: 10), log.take(limit: 10), log.take(limit: 10)]
        #expect(taken.map(\.count) == [10, 10, 5])
        #expect(Set(taken.joined().map(\.key)).count == 25)
    }

    @Test("remembers a bounded number of keys")
    func bounded() {
        let log = UseLog()
        for number in 0..<(UseLog.most + 10) { log.note(OwnedKey("org_1", "ak_\(number)"), at: start) }
        #expect(log.take(limit: .max).count == UseLog.most)
    }
}
