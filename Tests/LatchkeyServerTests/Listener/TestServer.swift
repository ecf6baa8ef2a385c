import Glibc
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

@testable import LatchkeyServer

/// A responder made of a closure.
struct Answering: ConnectionResponder {
    let answer: @Sendable (Request, Peer) async -> Response

    init(_ answer: @escaping @Sendable (Request, Peer) async -> Response) { self.answer = answer }

    func respond(to request: Request, peer: Peer, channel: any Channel, logger: Logger) async -> Response {
        await self.answer(request, peer)
    }

    /// Says the path and the length of the body, or what went wrong with the body.
    static let echo = Answering { request, _ in
        do {
            var count = 0
            for try await chunk in request.body { count += chunk.readableBytes }
            return .text("\(request.uri.path) \(count)")
        } catch is BodyDeadlineExceeded {
            return .text("late", status: .requestTimeout)
        } catch {
            return .text("broken", status: .badRequest)
        }
    }
}

extension Response {
    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Something that is waited for until it happens, and stays so.
final class Latch: Sendable {
    private let state = Mutex<(open: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    func open() {
        let waiters = self.state.withLock { state in
            state.open = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let open = self.state.withLock { state in
                if !state.open { state.waiters.append(continuation) }
                return state.open
            }
            if open { continuation.resume() }
        }
    }
}

/// A listener at work, as part of a group of services like in the daemon.
struct TestServer: Sendable {
    let socket: BoundSocket
    let group: ServiceGroup
    let running: Task<Void, any Error>

    static func start(
        on socket: BoundSocket? = nil,
        limits: ListenerLimits = ListenerLimits(),
        with others: [any Service] = [],
        door: InsideDoor? = nil,
        certificate: ServingCertificate? = nil,
        meter: ListenerMeter = ListenerMeter(),
        _ responder: any ConnectionResponder
    ) async throws -> TestServer {
        let socket = if let socket { socket } else { try BoundSocket.tcp(host: "127.0.0.1", port: 0) }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let listening = Latch()
        let listener = Listener(
            socket: socket, responder: responder, limits: limits, logger: logger, door: door, certificate: certificate, meter: meter
        ) { listening.open() }
        let group = ServiceGroup(configuration: .init(services: [listener] + others, logger: logger))
        let running = Task { try await group.run() }
        await listening.wait()
        return TestServer(socket: socket, group: group, running: running)
    }

    var port: Int { self.socket.port! }

    func connect() throws -> RawClient {
        if self.socket.isUnix { return try .unix(self.socket.name) }
        return try .tcp(self.port)
    }

    func beginStop() async { await self.group.triggerGracefulShutdown() }

    func stop() async throws {
        await self.beginStop()
        try await self.running.value
    }

    /// Returns when new connections are refused.
    func refusal() async throws {
        try await blocking {
            while true {
                do {
                    try self.connect().close()
                } catch let failure as RawClient.Failure where failure.number == ECONNRESET {
                    continue  // a socket that is just being closed
                } catch let failure as RawClient.Failure where [ECONNREFUSED, ENOENT].contains(failure.number) {
                    return
                }
            }
        }
    }

    /// One request on a connection of its own; everything that came back.
    func exchange(_ request: String) async throws -> (text: String, end: RawClient.End) {
        try await blocking {
            let client = try self.connect()
            defer { client.close() }
            try client.send(request)
            return client.receiveAll()
        }
    }
}

/// Starts a server, gives it to `body` and stops it.
func withServer<Value: Sendable>(
    on socket: BoundSocket? = nil,
    limits: ListenerLimits = ListenerLimits(),
    door: InsideDoor? = nil,
    certificate: ServingCertificate? = nil,
    meter: ListenerMeter = ListenerMeter(),
    _ responder: any ConnectionResponder = Answering.echo,
    _ body: (TestServer) async throws -> Value
) async throws -> Value {
    let server = try await TestServer.start(
        on: socket, limits: limits, door: door, certificate: certificate, meter: meter, responder)
    do {
        let value = try await body(server)
        try await server.stop()
        return value
    } catch {
        try? await server.stop()
        throw error
    }
}

/// A directory of its own for a test, removed afterwards.
func withDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    var template = Array("/tmp/latchkey-listener-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw RawClient.Failure("mkdtemp") }
    let directory = String(cString: made)
    defer {
        for name in entries(of: directory) { unlink("\(directory)/\(name)") }
        rmdir(directory)
    }
    return try await body(directory)
}

func entries(of directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

func status(of path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
}

let get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
let getAndClose = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
