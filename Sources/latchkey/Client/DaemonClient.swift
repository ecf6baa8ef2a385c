import AsyncHTTPClient
import FoundationEssentials
import LatchkeyCrypto
import LatchkeyVerifier
import NIOCore
import NIOHTTP1

/// The command line's way to the daemon: HTTP over the admin socket or over the network, one connection, no retry.
struct DaemonClient {
    /// The longest answer that is taken in one piece: a page has a hundred elements.
    private static let longestAnswer = 16 << 20
    /// How long the daemon may be silent, in seconds.
    static let longestSilence: Int64 = 60

    private let http: HTTPClient
    private let door: DaemonDoor
    /// Decides who is calling, in place of the peer on the socket and of the door's key.
    private var credential: Secret?

    /// The organisation that was named for the socket.
    var organisation: String? { if case .socket(_, let organisation) = door { organisation } else { nil } }

    /// Lends a client for the length of `body`.
    ///
    /// - Parameters:
    ///   - organisation: sent as `x-latchkey-org`; the first organisation of the install when there is none.
    ///   - isPublic: whether what is asked for needs no credential.
    static func with<Result>(
        _ options: DaemonOptions, organisation: String? = nil, isPublic: Bool = false, _ body: (DaemonClient) async throws -> Result
    ) async throws -> Result {
        try await with(options.door(organisation: organisation, isPublic: isPublic), body)
    }

    static func with<Result>(_ options: SocketOptions, _ body: (DaemonClient) async throws -> Result) async throws -> Result {
        try await with(options.door(), body)
    }

    private static func with<Result>(_ door: DaemonDoor, _ body: (DaemonClient) async throws -> Result) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(longestSilence))
        // Where nobody listens, that should be told at once; by default connecting is tried until the deadline.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tlsConfiguration = try TLSTrust.configuration(for: door)
        let http = HTTPClient(configuration: configuration)
        do {
            let result = try await body(DaemonClient(http: http, door: door, credential: nil))
            try? await http.shutdown()
            return result
        } catch {
            try? await http.shutdown()
            throw error
        }
    }

    /// The same way to the daemon, as the API key with this secret.
    func authenticating(as secret: Secret) -> DaemonClient {
        var client = self
        client.credential = secret
        return client
    }

    /// - Parameter path: path and query, percent-encoded.
    func get(_ path: String) async throws(CommandFailure) -> JSONDocument {
        try await JSONDocument(send(.GET, path))
    }

    /// The answer's bytes as they came.
    func bytes(_ path: String) async throws(CommandFailure) -> [UInt8] {
        try await send(.GET, path)
    }

    func post(_ path: String, _ members: (inout JSONWriter) -> Void = { _ in }) async throws(CommandFailure) -> JSONDocument {
        try await JSONDocument(postForBytes(path, members))
    }

    /// As `post`, for answers without a body.
    func postForBytes(_ path: String, _ members: (inout JSONWriter) -> Void) async throws(CommandFailure) -> [UInt8] {
        try await send(.POST, path, members)
    }

    func patch(_ path: String, _ members: (inout JSONWriter) -> Void) async throws(CommandFailure) -> JSONDocument {
        try await JSONDocument(send(.PATCH, path, members))
    }

    /// With the header by which the daemon knows that this is meant.
    func delete(_ path: String) async throws(CommandFailure) {
        _ = try await send(.DELETE, path, headers: [("x-confirm-delete", "true")])
    }

    /// An answer whose length is not bounded, piece by piece as it comes.
    ///
    /// - Parameters:
    ///   - body: a JSON object; without it the request is a `GET`.
    ///   - piece: called with each piece.
    /// - Throws: `.failed` also when the answer is cut short.
    func stream(
        _ path: String, accept: String, body: [UInt8]? = nil, piece: ([UInt8]) throws(CommandFailure) -> Void
    ) async throws(CommandFailure) {
        let response = try await open(body == nil ? .GET : .POST, path, body: body, headers: [("accept", accept)])
        let hasEnd =
            response.headers.first(name: "content-length") != nil
            || response.headers[canonicalForm: "transfer-encoding"].last?.lowercased() == "chunked"
        do {
            for try await part in response.body { try piece(Array(part.readableBytesView)) }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(cutShort: error, at: door.place)
        }
        // Without a length, an answer that broke off looks like one that ended.
        guard hasEnd else { throw CommandFailure(cutShort: nil, at: door.place) }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ members: (inout JSONWriter) -> Void
    ) async throws(CommandFailure) -> [UInt8] {
        var writer = JSONWriter(capacity: 32_768)
        writer.object(members)
        // The body may hold a refresh token; the client's own copy of it is out of reach, this one is not.
        defer { writer.wipe() }
        return try await send(method, path, body: writer.bytes)
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = []
    ) async throws(CommandFailure) -> [UInt8] {
        try await whole(open(method, path, body: body, headers: headers + [("accept", "application/json")]))
    }

    /// Asks, and judges the answer's status; its body is still to come.
    private func open(
        _ method: HTTPMethod, _ path: String, body: [UInt8]?, headers: [(String, String)]
    ) async throws(CommandFailure) -> HTTPClientResponse {
        var request = try request(method, path)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, deadline: .now() + .seconds(120))
        } catch {
            throw CommandFailure(connecting: error, to: door)
        }
        guard (200..<300).contains(response.status.code) else {
            throw CommandFailure(answer: try await whole(response), status: response.status, headers: response.headers)
        }
        return response
    }

    private func request(_ method: HTTPMethod, _ path: String) throws(CommandFailure) -> HTTPClientRequest {
        var request: HTTPClientRequest
        let caller: Secret?
        switch door {
        case .socket(let socket, let organisation):
            guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
                throw CommandFailure(.usage, "the socket's path \(socket) can't be used in an address")
            }
            request = HTTPClientRequest(url: url.absoluteString)
            // HTTP/1.1 needs one (RFC 9112 §3.2), and async-http-client sends none over a unix socket.
            request.headers.add(name: "host", value: "localhost")
            if let organisation { request.headers.add(name: "x-latchkey-org", value: organisation) }
            caller = credential
        case .address(let url, let key, _):
            request = HTTPClientRequest(url: url.text + path)
            caller = credential ?? key
        }
        if let caller {
            let value = caller.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
            request.headers.add(name: "x-api-key", value: value)
        }
        request.method = method
        request.headers.add(name: "user-agent", value: "latchkey/\(Version.current)")
        return request
    }

    private func whole(_ response: HTTPClientResponse) async throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        if let length = response.headers.first(name: "content-length").flatMap(Int.init) {
            bytes.reserveCapacity(min(max(length, 0), Self.longestAnswer))
        }
        do {
            for try await part in response.body {
                guard bytes.count + part.readableBytes <= Self.longestAnswer else {
                    throw CommandFailure(.failed, "the answer is longer than 16 MiB; it can't be the daemon's")
                }
                bytes.append(contentsOf: part.readableBytesView)
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(connecting: error, to: door)
        }
        return bytes
    }
}
