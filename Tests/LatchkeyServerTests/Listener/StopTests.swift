import Glibc
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import LatchkeyServer

@Suite("The stop of the listener", .timeLimit(.minutes(1)))
struct StopTests {
    /// Holds requests for `/slow` until told.
    private struct Held {
        let began = Latch()
        let goOn = Latch()
        var responder: Answering {
            Answering { request, _ in
                if request.uri.path == "/slow" {
                    self.began.open()
                    await self.goOn.wait()
                    // Behind all that was waiting for the loop when it was told to go on.
                    await Task.yield()
                }
                return .text("done")
            }
        }
    }

    private static let slow = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `lets a request in flight end with its whole answer`() async throws {
        let held = Held()
        let server = try await TestServer.start(held.responder)
        let client = try server.connect()
        defer { client.close() }
        try client.send(Self.slow)
        await held.began.wait()
        await server.beginStop()
        try await server.refusal()
        held.goOn.open()
        let answer = try await blocking { client.receiveAll() }
        #expect(answer.text.hasSuffix("\r\n\r\ndone"))
        #expect(answer.text.contains("\r\nConnection: close\r\n"))
        #expect(answer.end == .closed)
        try await server.running.value
    }

    @Test func `closes idle connections at once`() async throws {
        let limits = ListenerLimits(idleTimeout: .seconds(3600), firstRequestGrace: .seconds(3600), drainTimeout: .seconds(3600))
        let server = try await TestServer.start(limits: limits, Answering.echo)
        let client = try server.connect()
        defer { client.close() }
        try client.send(get)
        _ = try await blocking { try client.receive(until: "/a 0") }
        try await server.stop()
        let rest = try await blocking { client.receiveAll() }
        #expect(rest.text == "")
        #expect(rest.end == .closed)
    }

    @Test func `serves the first request of a connection that was accepted before`() async throws {
        let server = try await TestServer.start(limits: ListenerLimits(firstRequestGrace: .seconds(30)), Answering.echo)
        let fresh = try server.connect()
        defer { fresh.close() }
        // The answer on a later connection shows that the fresh one was accepted.
        _ = try await server.exchange(getAndClose)
        await server.beginStop()
        try await server.refusal()
        try fresh.send(get)
        let answer = try await blocking { fresh.receiveAll() }
        #expect(answer.text.hasSuffix("/a 0"))
        #expect(answer.text.contains("\r\nConnection: close\r\n"))
        try await server.running.value
    }

    @Test func `is not held up by a connection that sends nothing`() async throws {
        let limits = ListenerLimits(firstRequestGrace: .milliseconds(50), drainTimeout: .seconds(3600))
        let server = try await TestServer.start(limits: limits, Answering.echo)
        let silent = try server.connect()
        defer { silent.close() }
        _ = try await server.exchange(getAndClose)
        // Ends at all: the limit for the rest is an hour.
        try await server.stop()
        #expect(try await blocking { silent.receiveAll() }.end == .closed)
    }

    @Test func `cuts a request that outstays the limit, and tells its responder`() async throws {
        let began = Latch()
        let cancelled = Latch()
        let responder = Answering { _, _ in
            began.open()
            try? await Task.sleep(for: .seconds(3600))
            cancelled.open()
            return .text("done")
        }
        let server = try await TestServer.start(limits: ListenerLimits(drainTimeout: .milliseconds(50)), responder)
        let client = try server.connect()
        defer { client.close() }
        try client.send(get)
        await began.wait()
        try await server.stop()
        await cancelled.wait()
        #expect(try await blocking { client.receiveAll() }.text == "")
    }

    @Test func `waits for a request whose client has left`() async throws {
        let held = Held()
        let ended = Mutex(false)
        let server = try await TestServer.start(held.responder)
        let client = try server.connect()
        try client.send(Self.slow)
        await held.began.wait()
        client.close()
        let stopped = Task {
            try await server.stop()
            return ended.withLock { $0 }
        }
        try await server.refusal()
        ended.withLock { $0 = true }
        held.goOn.open()
        #expect(try await stopped.value)
    }

    @Test func `is not held up by a client that is found gone when its answer ends`() async throws {
        for pieces in 0..<3 {
            let goOn = Latch()
            let ended = Latch()
            let responder = Answering { _, _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        defer { ended.open() }
                        try await writer.write(ByteBuffer(string: "one"))
                        await goOn.wait()
                        // The first of these tells the client's kernel, and its answer is there before the next.
                        for _ in 0..<pieces { try await writer.write(ByteBuffer(string: "more")) }
                        try await writer.finish(nil)
                    })
            }
            let server = try await TestServer.start(limits: ListenerLimits(drainTimeout: .seconds(3600)), responder)
            let client = try server.connect()
            try client.send(get)
            _ = try await blocking { try client.receive(until: "one\r\n") }
            client.close()
            goOn.open()
            await ended.wait()
            // Ends at all: the limit is an hour.
            try await server.stop()
        }
    }

    @Test func `by the failure of another service ends at once and without a trap`() async throws {
        struct Failing: Service {
            struct Failure: Error {}
            let when: Latch
            func run() async throws {
                await self.when.wait()
                throw Failure()
            }
        }
        for _ in 0..<20 {
            let fail = Latch()
            let held = Held()
            let server = try await TestServer.start(with: [Failing(when: fail)], held.responder)
            let client = try server.connect()
            try client.send(Self.slow)
            await held.began.wait()
            // Some that are only just being accepted.
            let fresh = try (0..<8).map { _ in try server.connect() }
            fail.open()
            held.goOn.open()
            await #expect(throws: Failing.Failure.self) { try await server.running.value }
            for client in fresh + [client] { client.close() }
        }
    }

    @Test func `takes away the path of its unix socket, and only that`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/a.sock"
            let server = try await TestServer.start(on: try .unix(path: path, mode: 0o600, group: nil), Answering.echo)
            try await server.stop()
            #expect(status(of: path) == nil)

            let second = try await TestServer.start(on: try .unix(path: path, mode: 0o600, group: nil), Answering.echo)
            rename(path, "\(directory)/kept.sock")
            let successor = try BoundSocket.unix(path: path, mode: 0o600, group: nil)
            try await second.stop()
            #expect(status(of: path) != nil)
            successor.close()
        }
    }

    @Test func `loses no connection to a successor on the same socket`() async throws {
        let first = try BoundSocket.tcp(host: "127.0.0.1", port: 0)
        let port = try #require(first.port)
        let descriptor = try #require(first.handle.take())
        defer { close(descriptor) }
        let clients = (0..<4).map { _ in
            Task {
                try await blocking {
                    var answered = 0
                    for _ in 0..<250 {
                        let client = try RawClient.tcp(port)
                        defer { client.close() }
                        try client.send(getAndClose)
                        if client.receiveAll().text.hasSuffix("/a 0") { answered += 1 }
                    }
                    return answered
                }
            }
        }
        let restarts = Task {
            while !Task.isCancelled {
                let copy = BoundSocket(descriptor: dup(descriptor), isUnix: false, name: first.name, port: port)
                let server = try await TestServer.start(on: copy, Answering.echo)
                for _ in 0..<20 { _ = try await server.exchange(getAndClose) }
                try await server.stop()
            }
            let last = BoundSocket(descriptor: dup(descriptor), isUnix: false, name: first.name, port: port)
            return try await TestServer.start(on: last, Answering.echo)
        }
        // The last server starts when the clients are done, so one of them may be waiting for it: ask for it first.
        var answered = 0
        for client in clients { answered += try await client.value }
        restarts.cancel()
        try await restarts.value.stop()
        #expect(answered == 1000)
    }

    @Test func `leaves a socket that can't be served again, and says so`() async throws {
        let socket = try BoundSocket.tcp(host: "127.0.0.1", port: 0)
        socket.close()
        let listener = Listener(socket: socket, responder: Answering.echo, logger: .init(label: "test"))
        await #expect(throws: ListenerError(.alreadyUsed, "")) { try await listener.run() }
    }
}
