import Testing

@testable import LatchkeyServer

@Suite("What is said again and again")
struct SparseLogTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("is said once a minute")
    func repetition() {
        var log = SparseLog()
        var said = 0
        for tick in 0..<180 where log.isNews("a", at: UInt64(tick) * Self.second) { said += 1 }
        #expect(said == 3)
    }

    @Test("is not drowned in other words, and drowns nobody: a few different ones a minute")
    func variety() {
        var log = SparseLog()
        for moment in [0, 61 * Self.second] {
            var said = 0
            for number in 0..<100 where log.isNews("\(number)", at: moment) { said += 1 }
            #expect(said == SparseLog.most)
        }
    }

    @Test("is news after a success")
    func success() {
        var log = SparseLog()
        let (first, again) = (log.isNews("a", at: 0), log.isNews("a", at: 0))
        log.forget()
        let afterwards = log.isNews("a", at: 0)
        #expect(first && !again && afterwards)
    }
}
