import AsyncHTTPClient
import FoundationEssentials
import LatchkeyVerifier
import NIOCore
import NIOHTTP1

/// The command line's way to the daemon: HTTP over the admin socket, one connection, no retry.
struct AdminClient {
    /// The longest answer that is taken: a page has a hundred elements.
    private static let longestAnswer = 16 << 20

    private let http: HTTPClient
    private let socket: String
    private let organisation: String?

    /// Lends a client for the length of `body`.
    ///
    /// - Parameter organisation: sent as `x-latchkey-org`; the first organisation of the install when there is none.
    static func with<Result>(
        _ options: DaemonOptions, organisation: String? = nil, _ body: (AdminClient) async throws -> Result
    ) async throws -> Result {
        let socket = options.socketPath
        guard (1...107).contains(socket.utf8.count) else {
            throw CommandFailure(.usage, "a socket's path has 1 to 107 bytes", hint: "name the daemon's admin socket with --socket PATH")
        }
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(60))
        // A socket that nobody listens on should be told at once; by default connecting is tried until the deadline.
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(configuration: configuration)
        do {
            let result = try await body(AdminClient(http: http, socket: socket, organisation: organisation))
            try? await http.shutdown()
            return result
        } catch {
            try? await http.shutdown()
            throw error
        }
    }

    /// - Parameter path: path and query, percent-encoded.
    func get(_ path: String) async throws(CommandFailure) -> JSONDocument {
        try await JSONDocument(send(.GET, path))
    }

    /// The answer's bytes as they came.
    func bytes(_ path: String) async throws(CommandFailure) -> [UInt8] {
        try await send(.GET, path)
    }

    func post(_ path: String, _ members: (inout JSONWriter) -> Void) async throws(CommandFailure) -> JSONDocument {
        try await JSONDocument(postForBytes(path, members))
    }

    /// As `post`, for answers without a body.
    func postForBytes(_ path: String, _ members: (inout JSONWriter) -> Void) async throws(CommandFailure) -> [UInt8] {
        var writer = JSONWriter(capacity: 32_768)
        writer.object(members)
        // The body may hold a refresh token; the client's own copy of it is out of reach, this one is not.
        defer { writer.wipe() }
        return try await send(.POST, path, writer.bytes)
    }

    private func send(_ method: HTTPMethod, _ path: String, _ body: [UInt8]? = nil) async throws(CommandFailure) -> [UInt8] {
        guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
            throw CommandFailure(.usage, "the socket's path \(socket) can't be used in an address")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = method
        // HTTP/1.1 needs one (RFC 9112 §3.2), and async-http-client sends none over a unix socket.
        request.headers.add(name: "host", value: "localhost")
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "latchkey/\(Version.current)")
        if let organisation { request.headers.add(name: "x-latchkey-org", value: organisation) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let status: HTTPResponseStatus
        let retryAfter: String?
        var bytes: [UInt8] = []
        do {
            let response = try await http.execute(request, deadline: .now() + .seconds(120))
            status = response.status
            retryAfter = response.headers.first(name: "retry-after")
            if let length = response.headers.first(name: "content-length").flatMap(Int.init) {
                bytes.reserveCapacity(min(max(length, 0), Self.longestAnswer))
            }
            for try await part in response.body {
                guard bytes.count + part.readableBytes <= Self.longestAnswer else {
                    throw CommandFailure(.failed, "the answer is longer than 16 MiB; it can't be the daemon's")
                }
                bytes.append(contentsOf: part.readableBytesView)
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(connecting: error, socket: socket)
        }
        guard (200..<300).contains(status.code) else { throw CommandFailure(answer: bytes, status: status, retryAfter: retryAfter) }
        return bytes
    }
}
