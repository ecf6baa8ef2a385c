import Glibc
import Synchronization
import Testing

/// `latchkey events` on a stream of its own.
@Suite(.timeLimit(.minutes(2))) struct Watching {
    private static let stream = [
        ": connected\n\n", "event: scope.check\nid: aud_1\ndata: {\"type\":\"scope.check\",\"result\":\"denied\",\"name\":\"sage\",",
        "\"scope\":\"a:b:write:*\",\"missing\":[\"a:b:write:*\"]}\n\n: heartbeat\n\n",
        "data: {\"type\":\"scope.denied\",\"result\":\"denied\",\"name\":\"sage\",\ndata: \"scope\":\"a:b:write:*\",\"via\":\"scope.check\"}\n\n",
        "data: {\"type\":\"identity.created\",\"result\":\"allowed\",\"name\":\"\\u001b[2Jreader\"}\n\n",
    ]

    private func run(
        _ options: [String] = [],
        answer: @escaping @Sendable (FakeDaemon.Request) -> String = { _ in
            FakeDaemon.chunked(Self.stream, type: "text/event-stream")
        }
    ) async throws -> Tool.Run {
        try await ScratchDirectory.with { scratch in
            let daemon = FakeDaemon(path: scratch["s"], answer: answer)
            defer { daemon.stop() }
            return try await Tool.run(["events", "--socket", scratch["s"]] + options)
        }
    }

    @Test func `events are lines; a denied check is told once; the end of the stream is a failure`() async throws {
        let shown = try await run()
        #expect(shown.lines == ["✗ denied  sage  a:b:write:* (missing a:b:write:*)", "• identity.created  \"\\u{1B}[2Jreader\""])
        #expect(shown.code == 1)
        #expect(shown.errors.hasPrefix("watching; Ctrl-C ends it\nlatchkey: the daemon ended the stream\nhint: "))
    }

    @Test func `who asks for refusals gets every one`() async throws {
        let shown = try await run(["--type", "scope.denied"])
        #expect(shown.lines.count == 3 && shown.lines[1] == "✗ denied  sage  a:b:write:*")
    }

    @Test func `as JSON every event is one line`() async throws {
        let shown = try await run(["--json"])
        #expect(shown.lines.count == 3 && shown.lines.allSatisfy { $0.hasPrefix("{\"type\":") && $0.hasSuffix("}") })
        #expect(shown.lines[1].contains(#""via":"scope.check""#) && shown.lines[2].contains("\\u001b[2Jreader"))
    }

    @Test func `what the daemon said last is told`() async throws {
        let shown = try await run { _ in
            FakeDaemon.chunked([": connected\n\n: ended: the credential was revoked\n\n"], type: "text/event-stream")
        }
        #expect(shown.code == 1 && shown.errors.contains("latchkey: the daemon ended the stream: the credential was revoked\n"))
    }

    @Test func `a stream that breaks off is a failure, after what came`() async throws {
        let shown = try await run { _ in FakeDaemon.chunked(Self.stream, type: "text/event-stream", isWhole: false) }
        #expect(shown.code == 1 && shown.lines.count == 2 && shown.errors.contains("was cut short"))
    }

    @Test func `a refused subscription is told in the daemon's words`() async throws {
        let shown = try await run { _ in FakeDaemon.json(429, #"{"message":"too many subscribers","code":"too_many_subscribers"}"#) }
        #expect(shown.code == 1 && shown.output.isEmpty && shown.errors == "latchkey: too many subscribers\n")
    }

    @Test func `Ctrl-C ends it quietly`() async throws {
        let shown = try await run { request in
            kill(request.pid, SIGINT)
            return ""
        }
        #expect(shown.code == 0 && shown.output.isEmpty && shown.errors.isEmpty)
    }

    @Test func `on a terminal the time comes first, and the verdict is painted`() async throws {
        try await ScratchDirectory.with { scratch in
            let event = "data: {\"type\":\"scope.check\",\"timestamp\":\"T\",\"result\":\"denied\",\"name\":\"sage\",\"scope\":\"s\"}\n\n"
            let daemon = FakeDaemon(path: scratch["s"]) { _ in FakeDaemon.chunked([event], type: "text/event-stream") }
            defer { daemon.stop() }
            for (environment, line) in [("TERM=xterm", "T  \u{1B}[31m✗ denied\u{1B}[0m  sage  s"), ("TERM=dumb", "T  ✗ denied  sage  s")] {
                let shell = "export \(environment); exec script -qec \"'$0' $*\" /dev/null < /dev/null"
                let shown = try await Tool.run(["events", "--socket", scratch["s"]], shell: shell)
                #expect(shown.output.split(separator: "\r\n").first.map(String.init) == line)
            }
        }
    }
}
