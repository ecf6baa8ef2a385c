import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization
import Testing

@testable import LatchkeyServer

@Suite("A connection of the listener", .timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test func `answers request after request on one connection`() async throws {
        try await withServer { server in
            let client = try server.connect()
            defer { client.close() }
            for path in ["/a", "/b", "/c"] {
                try client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try await blocking { try client.receive(until: " 0") }
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(answer.hasSuffix("\r\n\r\n\(path) 0"))
                #expect(!answer.contains("onnection: close"))
            }
        }
    }

    @Test func `answers pipelined requests in their order, bodies included`() async throws {
        try await withServer { server in
            let one = "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
            let two = "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            let answer = try await server.exchange(one + two + one + getAndClose)
            let bodies = answer.text.split(separator: "\r\n").filter { $0.hasPrefix("/") }.map { $0.prefix(4) }
            #expect(bodies == ["/1 5", "/2 3", "/1 5", "/a 0"])
            #expect(answer.end == .closed)
        }
    }

    @Test(arguments: ["close", "Close", "keep-alive, CLOSE"])
    func `honours a wish to close in any case`(value: String) async throws {
        try await withServer { server in
            let answer = try await server.exchange("GET /a HTTP/1.1\r\nHost: x\r\nConnection: \(value)\r\n\r\n")
            #expect(answer.text.contains("\r\nConnection: close\r\n"))
            #expect(answer.end == .closed)
        }
    }

    @Test func `closes after an answer to HTTP/1.0 and sends it no chunks`() async throws {
        let streaming = Answering { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: "one"))
                    try await writer.write(ByteBuffer(string: "two"))
                    try await writer.finish(nil)
                }
            )
        }
        try await withServer(streaming) { server in
            let answer = try await server.exchange("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(answer.text.hasSuffix("\r\n\r\nonetwo"))
            #expect(!answer.text.lowercased().contains("chunked"))
            #expect(answer.end == .closed)
        }
    }

    @Test func `has a date on every answer and never names the server`() async throws {
        try await withServer { server in
            for request in [getAndClose, "nonsense\r\n\r\n"] {
                let answer = try await server.exchange(request).text
                #expect(answer.contains("\r\nDate: "))
                #expect(answer.contains(" GMT\r\n"))
                #expect(!answer.lowercased().contains("\r\nserver:"))
            }
        }
        #expect(LoopContext.imfFixdate(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")  // the example of RFC 9110 §5.6.7
    }

    @Test func `answers HEAD without a body and stays in step`() async throws {
        let responder = Answering { request, _ in
            request.uri.path == "/whole"
                ? .text("body")
                : Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        try await writer.write(ByteBuffer(string: "body"))
                        try await writer.finish(nil)
                    }
                )
        }
        try await withServer(responder) { server in
            let heads = ["/whole", "/streamed"].map { "HEAD \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
            let answer = try await server.exchange(heads + "GET /whole HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").text
            let parts = answer.split(separator: "\r\n\r\n", omittingEmptySubsequences: false)
            #expect(parts.count == 4)
            #expect(parts.dropLast().allSatisfy { $0.hasPrefix("HTTP/1.1 200 OK\r\n") })
            #expect(parts.first?.contains("Content-Length: 4") == true)
            #expect(parts.last == "body")
        }
    }

    @Test func `gives a status without a body none, whatever the responder wrote`() async throws {
        try await withServer(Answering { _, _ in .text("no", status: .noContent) }) { server in
            let answer = try await server.exchange(getAndClose).text
            #expect(answer.hasPrefix("HTTP/1.1 204 "))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `answers a client that ended its sending side`() async throws {
        try await withServer { server in
            let answer = try await blocking {
                let client = try server.connect()
                defer { client.close() }
                try client.send(get)
                client.endSending()
                return client.receiveAll()
            }
            #expect(answer.text.hasSuffix("/a 0"))
            #expect(answer.end == .closed)
        }
    }

    @Test func `answers an upgrade as a request and closes, for nothing is parsed after it`() async throws {
        try await withServer { server in
            let answer = try await server.exchange("GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
            #expect(answer.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.end == .closed)
        }
    }

    @Test(arguments: ["http://h/a?b=c", "HTTP://h/a?b=c", "/a?b=c"])
    func `understands both forms of target`(target: String) async throws {
        let responder = Answering { request, _ in .text("\(request.uri.path) \(request.uri.query ?? "") \(request.head.authority ?? "")") }
        try await withServer(responder) { server in
            let answer = try await server.exchange("GET \(target) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").text
            #expect(answer.hasSuffix("\r\n\r\n/a b=c h"))
        }
    }

    // MARK: - What is not taken

    @Test(arguments: [
        ("GET /a HTTP/1.1\r\nX: " + String(repeating: "a", count: 20_000) + "\r\n\r\n", "431"),
        ("GET /" + String(repeating: "a", count: 20_000) + " HTTP/1.1\r\n\r\n", "431"),
        ("GET /a HTTP/1.1\r\n" + String(repeating: "X: a\r\n", count: 101) + "\r\n", "431"),
        ("GET /a HTTP/2.0\r\n\r\n", "400"),
        ("\u{16}\u{3}\u{1}nonsense\r\n\r\n", "400"),
        ("POST /a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
        ("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"),
        ("GET /a HTTP/1.1\r\nHost", "400"),
        ("GET /a HTTP/1.1\r\nAccept: */*\r\n\r\n", "400"),
        ("GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
        ("GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    ])
    func `refuses what is no proper request and closes`(request: String, status: String) async throws {
        try await withServer(Answering { _, _ in .text("taken") }) { server in
            let answer = try await blocking {
                let client = try server.connect()
                defer { client.close() }
                try client.send(request)
                client.endSending()
                return client.receiveAll()
            }
            #expect(answer.text.hasPrefix("HTTP/1.") && answer.text.dropFirst(8).hasPrefix(" \(status) "))
            #expect(answer.text.contains("\r\nConnection: close\r\n"))
            #expect(answer.end == .closed)
        }
    }

    @Test func `takes a head of just under 16 KiB`() async throws {
        try await withServer { server in
            let field = String(repeating: "a", count: 16_000)
            let answer = try await server.exchange("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: \(field)\r\n\r\n")
            #expect(answer.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test func `answers a good request before it refuses the nonsense that follows`() async throws {
        try await withServer { server in
            let answer = try await server.exchange(get + "nonsense\r\n\r\n")
            #expect(answer.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.text.contains("/a 0HTTP/1.1 400 Bad Request\r\n"))
            #expect(answer.end == .closed)
        }
    }
}
