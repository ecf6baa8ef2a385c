@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

@Suite("The watched clock")
struct SteadyClockTests {
    private let host = ManualClock()

    private func steady(floor seconds: Int64 = -1000) -> SteadyClock { SteadyClock(host, floor: at(seconds)) }

    @Test("says what the wall clock says while time goes by as it should")
    func reliable() {
        let clock = steady()
        for _ in 0..<100 {
            host.advance(seconds: 40 * day)
            clock.look()
            #expect(clock.problem == nil)
            #expect(clock.now() == host.now())
        }
    }

    @Test("takes a clock that was set by no more than the skew as it is", arguments: [-60, -59, -1, 1, 59, 60] as [Int64])
    func tolerance(_ seconds: Int64) {
        let clock = steady()
        host.step(seconds: seconds)
        #expect(clock.problem == nil && clock.now() == host.now())
    }

    @Test("knows a clock that was set while it ran", arguments: [-30 * day, -3600, -61, 61, 3600, 5 * 365 * day] as [Int64])
    func jumped(_ seconds: Int64) throws {
        let clock = steady()
        host.advance(seconds: 10)
        host.step(seconds: seconds)
        let problem = try #require(clock.problem)
        #expect(problem.kind == .jumped && problem.wall == at(10 + seconds) && problem.expected == at(10))
        #expect(problem.sentence.contains(at(10 + seconds).description) && problem.sentence.contains(at(10).description))
        // Nothing that has ended comes alive again, and nothing ends by a clock that jumped ahead.
        #expect(clock.now() == at(10))
        host.advance(seconds: 5)
        clock.look()
        #expect(clock.problem != nil && clock.now() == at(15))
        // Set right again, all is well, with nobody's word.
        host.step(seconds: -seconds)
        #expect(clock.problem == nil && clock.now() == at(15))
    }

    @Test("does not get used to steps just under the skew", arguments: [-50, 50] as [Int64])
    func salami(_ seconds: Int64) {
        let clock = steady()
        host.step(seconds: seconds)
        clock.look()
        host.step(seconds: seconds)
        clock.look()
        #expect(clock.problem?.kind == .jumped)
    }

    @Test("follows a clock that is corrected by a little at a time", arguments: [-1000, -300, 300, 1000] as [Int64])
    func slewed(_ milliseconds: Int64) {
        let clock = steady()
        for _ in 0..<500 {
            host.advance(milliseconds: 60_000)
            host.step(milliseconds: milliseconds)
            clock.look()
            #expect(clock.problem == nil)
        }
        #expect(clock.now() == host.now())
    }

    @Test("is right at the start, however late it is", arguments: [0, -60, 1, day, 3 * 365 * day] as [Int64])
    func lateStart(_ seconds: Int64) {
        #expect(steady(floor: -seconds).problem == nil)
    }

    @Test("is wrong at the start when it has been later here already", arguments: [61, day, 5 * 365 * day] as [Int64])
    func behind(_ seconds: Int64) throws {
        let clock = steady(floor: seconds)
        let problem = try #require(clock.problem)
        #expect(problem.kind == .behind && problem.expected == at(seconds) && problem.wall == at(0))
        #expect(clock.now() == at(seconds))
        host.advance(seconds: 10)
        #expect(clock.now() == at(seconds + 10))
        // Set to any moment that is not earlier than what is known to have been, it is right.
        host.step(seconds: seconds + 400 * day)
        #expect(clock.problem == nil)
        clock.look()
        host.step(seconds: 3600)
        #expect(clock.problem?.kind == .jumped)
    }

    @Test("is right by the operator's word, and watched from there on", arguments: [-30 * day, 5 * 365 * day] as [Int64])
    func accepted(_ seconds: Int64) {
        let clock = steady()
        host.step(seconds: seconds)
        let correction = clock.correction()
        #expect(correction.time == at(seconds) && correction.step == seconds * 1000 && correction.problem == clock.problem)
        #expect(clock.now() == at(0) && clock.nowOnRecord() == at(0))
        // While it is being committed only what is written knows of it, and there is nothing more to correct.
        clock.announce(correction)
        #expect(clock.now() == at(0) && clock.nowOnRecord() == at(seconds))
        #expect(clock.correction().step == 0 && clock.correction().problem == nil)
        host.advance(seconds: 5)
        #expect(clock.nowOnRecord() == at(seconds + 5))
        clock.settle(by: correction)
        clock.announce(nil)
        #expect(clock.problem == nil && clock.now() == at(seconds + 5) && clock.nowOnRecord() == at(seconds + 5))
        host.step(seconds: -seconds)
        #expect(clock.problem?.kind == .jumped)
    }

    @Test("that is right is not moved by the operator's word, and what the skew forgave no longer counts", arguments: [-59, 59] as [Int64])
    func acceptedRight(_ seconds: Int64) {
        let clock = steady()
        host.step(seconds: seconds)
        let correction = clock.correction()
        #expect(correction.step == 0 && correction.problem == nil && correction.time == at(seconds))
        clock.settle(by: correction)
        host.step(seconds: seconds)
        #expect(clock.problem == nil)
    }
}
