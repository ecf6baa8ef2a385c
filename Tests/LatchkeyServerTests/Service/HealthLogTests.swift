import Logging
import Testing

@testable import LatchkeyAuthority
@testable import LatchkeyServer

@Suite("The log of the install's health")
struct HealthLogTests {
    private static func clock(_ level: ServiceHealth.Level, _ summary: String? = nil, _ detail: String? = nil) -> [ServiceHealth] {
        [
            ServiceHealth(name: "store", level: .healthy, summary: nil, detail: nil),
            ServiceHealth(name: "clock", level: level, summary: summary, detail: detail),
        ]
    }

    @Test("Has each change once, however often it looks, with what the operator is to know")
    func changes() {
        let recorder = LogRecorder()
        var log = HealthLog()
        log.tell(Self.clock(.healthy), recorder.logger)
        #expect(recorder.lines.isEmpty)
        for second in 0..<5 { log.tell(Self.clock(.degraded, "the clock is wrong", "it says \(second)"), recorder.logger) }
        #expect(recorder.lines.count == 1 && recorder.lines[0].hasPrefix("error") && recorder.lines[0].contains("it says 0"))
        log.tell(Self.clock(.degraded, "the clock is behind"), recorder.logger)
        #expect(recorder.lines.count == 2 && recorder.lines[1].contains("the clock is behind"))
        for _ in 0..<2 { log.tell(Self.clock(.healthy), recorder.logger) }
        #expect(recorder.lines.count == 3 && recorder.lines[2].hasPrefix("notice") && recorder.lines[2].contains("clock"))
    }
}
