import Glibc
@testable import LatchkeyServer
import Logging
import Synchronization
import Testing

@testable import latchkey

/// The log in the host's journal.
@Suite struct JournalLog {
    private static func log(to path: String) throws -> (logger: Logger, lines: Lines) {
        let lines = Lines()
        let journal = try #require(Journal(path: path))
        var logger = Logger(label: "test") { _ in JournalLogHandler(journal, otherwise: { lines.add($0) }) }
        logger.logLevel = .trace
        return (logger, lines)
    }

    private final class Lines: Sendable {
        private let all = Mutex<[String]>([])
        var lines: [String] { all.withLock { $0 } }
        func add(_ line: String) { all.withLock { $0.append(line) } }
    }

    @Test func `an entry has its fields as fields, its priority, and the line that standard error would have`() async throws {
        try await ScratchDirectory.with { scratch in
            let socket = try NotifySocket(scratch["journal"])
            let log = try Self.log(to: scratch["journal"])
            var logger = log.logger
            logger[metadataKey: "requestId"] = "the-request"
            logger.warning("something is odd", metadata: ["caller": "api-key:lk_12345678"])
            #expect(
                socket.next() == [
                    "PRIORITY=4", "SYSLOG_IDENTIFIER=latchkey",
                    "MESSAGE=warning: something is odd caller=api-key:lk_12345678 requestId=the-request",
                    "LATCHKEY_CALLER=api-key:lk_12345678", "LATCHKEY_REQUEST_ID=the-request",
                ])
            let levels: [(Logger.Level, String)] = [
                (.trace, "7"), (.debug, "7"), (.info, "6"), (.notice, "5"), (.warning, "4"), (.error, "3"), (.critical, "2"),
            ]
            for (level, priority) in levels {
                logger.log(level: level, "x")
                #expect(socket.next().first == "PRIORITY=" + priority)
            }
            #expect(log.lines.lines.isEmpty)
        }
    }

    @Test func `what the journal does not take is a line on standard error`() async throws {
        try await ScratchDirectory.with { scratch in
            let (logger, lines) = try Self.log(to: scratch["nobody"])
            logger.error("a full disk", metadata: ["path": "/x"])
            #expect(lines.lines == ["error: a full disk path=/x"])
        }
    }
}
