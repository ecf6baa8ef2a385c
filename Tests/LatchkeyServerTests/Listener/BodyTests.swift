import Glibc
import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization
import Testing

@testable import LatchkeyServer

@Suite("A request body", .timeLimit(.minutes(1)))
struct BodyTests {
    private static let post = "POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

    @Test func `arrives whole when it comes in pieces`() async throws {
        let seen = Mutex<[Int]>([])
        let first = Latch()
        let responder = Answering { request, _ in
            do {
                for try await chunk in request.body {
                    seen.withLock { $0.append(chunk.readableBytes) }
                    first.open()
                }
            } catch {
                return .text("broken", status: .badRequest)
            }
            return .text("total \(seen.withLock { $0.reduce(0, +) })")
        }
        try await withServer(responder) { server in
            let client = try server.connect()
            defer { client.close() }
            try client.send(Self.post + "Content-Length: 10\r\n\r\nhello")
            await first.wait()
            try client.send("world")
            #expect(try await blocking { client.receiveAll() }.text.hasSuffix("total 10"))
        }
    }

    @Test func `that ends early is a 400, and its reader is told`() async throws {
        let told = Mutex(false)
        let responder = Answering { request, _ in
            do {
                for try await _ in request.body {}
            } catch {
                told.withLock { $0 = error is BodyUnreadable }
            }
            return .text("taken for whole")
        }
        try await withServer(responder) { server in
            for body in ["Content-Length: 10\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"] {
                told.withLock { $0 = false }
                let answer = try await blocking {
                    let client = try server.connect()
                    defer { client.close() }
                    try client.send(Self.post + body)
                    client.endSending()
                    return client.receiveAll()
                }
                #expect(answer.text.hasPrefix("HTTP/1.1 400 "))
                #expect(!answer.text.contains("taken"))
            }
        }
    }

    @Test func `that does not end in time is told to its reader, and the answer ends the connection`() async throws {
        try await withServer(limits: ListenerLimits(bodyTimeout: .milliseconds(150))) { server in
            let answer = try await server.exchange("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello")
            #expect(answer.text.hasPrefix("HTTP/1.1 408 "))
            #expect(answer.text.contains("\r\nConnection: close\r\n"))
            #expect(answer.text.hasSuffix("late"))
            #expect(answer.end == .closed)
        }
    }

    @Test func `is asked for only when the responder wants it`() async throws {
        let expecting = "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        try await withServer { server in
            let client = try server.connect()
            defer { client.close() }
            try client.send(Self.post + expecting)
            let invitation = try await blocking { try client.receive(until: "\r\n\r\n") }
            #expect(invitation.hasPrefix("HTTP/1.1 100 Continue\r\n"))
            try client.send("hello")
            #expect(try await blocking { client.receiveAll() }.text.hasSuffix("/a 5"))
        }
        try await withServer(Answering { _, _ in .text("no", status: .unauthorized) }) { server in
            let answer = try await server.exchange(Self.post + expecting)
            #expect(answer.text.hasPrefix("HTTP/1.1 401 "))
        }
    }

    @Test(arguments: [HTTPResponse.Status.unauthorized, .contentTooLarge])
    func `of 400 MB that nobody wants ends early and costs no memory`(status: HTTPResponse.Status) async throws {
        try await withServer(Answering { _, _ in .text("no", status: status) }) { server in
            let (sent, answer) = try await blocking {
                let client = try server.connect()
                defer { client.close() }
                try client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 400000000\r\n\r\n")
                let sent = client.pour(400_000_000)
                return (sent, client.receiveAll())
            }
            // The socket buffers of both sides, and what is swallowed.
            #expect(sent < 32 * 1024 * 1024)
            #expect(answer.text.hasPrefix("HTTP/1.1 \(status.code) "))
            #expect(answer.text.contains("\r\nConnection: close\r\n"))
        }
    }

    @Test func `that was too large ends the connection even when it was received whole`() async throws {
        try await withServer(Answering { _, _ in .text("no", status: .contentTooLarge) }) { server in
            let answer = try await server.exchange("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
            #expect(answer.text.contains("\r\nConnection: close\r\n"))
            #expect(answer.end == .closed)
        }
    }

    @Test func `of moderate size that nobody wants does not reset the connection`() async throws {
        try await withServer(Answering { _, _ in .text("no", status: .unauthorized) }) { server in
            let (sent, answer) = try await blocking {
                let client = try server.connect()
                defer { client.close() }
                try client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n")
                let sent = client.pour(400_000)
                client.endSending()
                return (sent, client.receiveAll())
            }
            #expect(sent >= 400_000)
            #expect(answer.text.hasSuffix("\r\n\r\nno"))
            #expect(answer.end == .closed)
        }
    }

    @Test func `is not read ahead of a slow reader without bound`() async throws {
        let goOn = Latch()
        let responder = Answering { request, _ in
            await goOn.wait()
            var count = 0
            do {
                for try await chunk in request.body { count += chunk.readableBytes }
            } catch {}
            return .text("\(count)")
        }
        try await withServer(responder) { server in
            let client = try server.connect()
            defer { client.close() }
            client.limitWaits(to: 0.5)
            try client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 400000000\r\n\r\n")
            #expect(try await blocking { client.pour(400_000_000) } < 32 * 1024 * 1024)
            goOn.open()
        }
    }

    @Test func `dripped by 300 clients holds up nobody else`() async throws {
        try await withServer { server in
            let drips = try await blocking {
                try (0..<300).map { _ in
                    let client = try server.connect()
                    try client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
                    return client
                }
            }
            for _ in 0..<5 {
                try await blocking { for client in drips { try client.send("x") } }
                #expect(try await server.exchange(getAndClose).text.hasSuffix("/a 0"))
            }
            for client in drips { client.close() }
        }
    }
}
