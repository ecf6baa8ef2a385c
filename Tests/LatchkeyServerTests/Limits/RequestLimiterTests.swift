import LatchkeyAuthority
@testable import LatchkeyServer
import Testing

@Suite("The counts of requests")
struct RequestLimiterTests {
    private static func isAdmitted(_ limiter: RequestLimiter, _ address: String) -> Bool {
        do {
            try limiter.admit(address)
            return true
        } catch {
            return false
        }
    }

    /// A million of them, none of which counts as another.
    private static func address(_ number: Int) -> String { "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)" }

    @Test("are of 65,536 addresses at most, of a million that ask; the others share one")
    func bounded() {
        let clock = ManualClock()
        let limiter = RequestLimiter(perSecond: 3, clock: clock)
        #expect(Self.isAdmitted(limiter, "192.0.2.1"))
        var admitted = 0
        for number in 0..<1_000_000 where Self.isAdmitted(limiter, Self.address(number)) { admitted += 1 }
        #expect(limiter.addresses == 65_536)
        // those that found room, and three of all others
        #expect(admitted == 65_535 + 3)
        // Who was there before is not crowded out.
        #expect(Self.isAdmitted(limiter, "192.0.2.1") && Self.isAdmitted(limiter, "192.0.2.1") && !Self.isAdmitted(limiter, "192.0.2.1"))
        #expect(!Self.isAdmitted(limiter, "192.0.2.2"))
        clock.advance(seconds: 1)
        #expect(Self.isAdmitted(limiter, "192.0.2.2"))
        #expect(limiter.addresses == 1, "what a second is over for is forgotten")
    }

    @Test("begin again for all with each second")
    func seconds() {
        let clock = ManualClock()
        let limiter = RequestLimiter(perSecond: 2, clock: clock)
        for _ in 0..<3 {
            for address in ["192.0.2.1", "2001:db8::1"] {
                #expect(Self.isAdmitted(limiter, address) && Self.isAdmitted(limiter, address))
                for _ in 0..<5 { #expect(!Self.isAdmitted(limiter, address)) }
            }
            clock.advance(seconds: 1)
        }
    }

    @Test("are of no address that is none: the admin socket has none")
    func none() throws {
        let limiter = RequestLimiter(perSecond: 1, clock: ManualClock())
        for _ in 0..<10 { try limiter.admit(nil) }
        #expect(limiter.addresses == 0)
    }
}
