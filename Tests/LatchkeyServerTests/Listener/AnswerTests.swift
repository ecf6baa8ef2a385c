import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Synchronization
import Testing

@testable import LatchkeyServer

@Suite("An answer of the listener", .timeLimit(.minutes(1)))
struct AnswerTests {
    private struct Broken: Error {}

    private static func streaming(
        _ write: @escaping @Sendable @concurrent (inout any ResponseBodyWriter) async throws -> Void
    ) -> Answering {
        Answering { _, _ in Response(status: .ok, body: ResponseBody(write)) }
    }

    @Test func `streams piece by piece`() async throws {
        let second = Latch()
        let responder = Self.streaming { writer in
            try await writer.write(ByteBuffer(string: "one"))
            await second.wait()
            try await writer.write(ByteBuffer(string: "two"))
            try await writer.finish(nil)
        }
        try await withServer(responder) { server in
            let client = try server.connect()
            defer { client.close() }
            try client.send(get)
            let first = try await blocking { try client.receive(until: "one\r\n") }
            #expect(!first.contains("two"))
            second.open()
            let rest = try await blocking { try client.receive(until: "0\r\n\r\n") }
            #expect(rest == "3\r\ntwo\r\n0\r\n\r\n")
            // The connection goes on.
            try client.send(get)
            #expect(try await blocking { try client.receive(until: "0\r\n\r\n") }.contains("two"))
        }
    }

    @Test func `is cut off when its body fails after the first piece`() async throws {
        let responder = Self.streaming { writer in
            try await writer.write(ByteBuffer(string: "one"))
            throw Broken()
        }
        try await withServer(responder) { server in
            let answer = try await server.exchange(get)
            #expect(answer.text.contains("one"))
            #expect(!answer.text.hasSuffix("0\r\n\r\n"))
            #expect(answer.end == .closed)
        }
    }

    @Test func `is a bare 500 when its body fails before the first piece, or never ends`() async throws {
        for responder in [Self.streaming { _ in throw Broken() }, Self.streaming { _ in }] {
            try await withServer(responder) { server in
                let answer = try await server.exchange(get)
                #expect(answer.text.hasPrefix("HTTP/1.1 500 "))
                #expect(answer.end == .closed)
            }
        }
    }

    @Test func `waits for a client that reads slowly, and ends with it`() async throws {
        let ended = Latch()
        let written = Mutex(0)
        let responder = Self.streaming { writer in
            defer { ended.open() }
            let piece = ByteBuffer(repeating: 0x78, count: 64 * 1024)
            for _ in 0..<4096 {
                try await writer.write(piece)
                written.withLock { $0 += piece.readableBytes }
            }
            try await writer.finish(nil)
        }
        try await withServer(limits: ListenerLimits(idleTimeout: .milliseconds(200)), responder) { server in
            let client = try server.connect()
            defer { client.close() }
            try client.send(get)
            await ended.wait()
            #expect(written.withLock { $0 } < 32 * 1024 * 1024)
        }
    }

    @Test func `stops streaming when its client leaves`() async throws {
        let began = Latch()
        let ended = Latch()
        let responder = Self.streaming { writer in
            try await writer.write(ByteBuffer(string: "one"))
            began.open()
            // Nothing more to say: only the cancellation can tell.
            try? await Task.sleep(for: .seconds(3600))
            ended.open()
        }
        try await withServer(responder) { server in
            let client = try server.connect()
            try client.send(get)
            await began.wait()
            client.close()
            await ended.wait()
        }
    }

    @Test func `is worked on to its end when its client leaves before it began`() async throws {
        let began = Latch()
        let goOn = Latch()
        let cancelled = Mutex<Bool?>(nil)
        let ended = Latch()
        let responder = Answering { _, _ in
            began.open()
            await goOn.wait()
            cancelled.withLock { $0 = Task.isCancelled }
            ended.open()
            return .text("done")
        }
        try await withServer(responder) { server in
            let client = try server.connect()
            try client.send(get)
            await began.wait()
            client.close()
            // Another connection's answer shows that the loops have gone round since.
            goOn.open()
            await ended.wait()
            #expect(cancelled.withLock { $0 } == false)
        }
    }

    @Test func `runs on the connection's event loop`() async throws {
        struct Witness: ConnectionResponder {
            let seen: Mutexed
            func respond(to request: Request, peer: Peer, channel: any Channel, logger: Logger) async -> Response {
                let before = channel.eventLoop.inEventLoop
                await Task.yield()
                self.seen.set(before && channel.eventLoop.inEventLoop)
                return .text("x")
            }
        }
        let seen = Mutexed()
        try await withServer(Witness(seen: seen)) { server in
            _ = try await server.exchange(getAndClose)
            #expect(seen.value == true)
        }
    }
}

private final class Mutexed: Sendable {
    private let state = Mutex<Bool?>(nil)
    var value: Bool? { self.state.withLock { $0 } }
    func set(_ value: Bool) { self.state.withLock { $0 = value } }
}
