import LatchkeyCrypto
import LatchkeyVerifier
import NIOCore
import NIOHTTP1

/// The command line's way to the daemon: HTTP over the admin socket or over the network, one connection, no retry.
struct DaemonClient {
    /// The longest answer that is taken in one piece: a page has a hundred elements.
    private static let longestAnswer = 16 << 20

    private let line: DaemonLine
    /// Decides who is calling, in place of the peer on the socket and of the door's key.
    private var credential: Secret?

    /// The options by which a command that somebody is told to give finds the same daemon and organisation, with a space before each.
    var way: String { line.door.options }

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

    static func with<Result>(_ door: DaemonDoor, _ body: (DaemonClient) async throws -> Result) async throws -> Result {
        let line = try DaemonLine(door)
        do {
            let result = try await body(DaemonClient(line: line))
            await line.close()
            return result
        } catch {
            await line.close()
            throw error
        }
    }

    /// The same way to the daemon, as the API key with this secret.
    func authenticating(as secret: Secret) -> DaemonClient { DaemonClient(line: line, credential: secret) }

    /// - Parameter path: path and query, percent-encoded.
    func get(_ path: String) async throws(CommandFailure) -> JSONDocument {
        try await JSONDocument(send(.GET, path))
    }

    /// The answer's bytes as they came.
    func bytes(_ path: String) async throws(CommandFailure) -> [UInt8] {
        try await send(.GET, path)
    }

    /// - Parameter headers: beside those that every request has.
    func post(
        _ path: String, headers: [(String, String)] = [], _ members: (inout JSONWriter) -> Void = { _ in }
    ) async throws(CommandFailure) -> JSONDocument {
        try await JSONDocument(postForBytes(path, headers: headers, members))
    }

    /// As `post`, for answers that may have no body.
    func postForBytes(
        _ path: String, headers: [(String, String)] = [], _ members: (inout JSONWriter) -> Void
    ) async throws(CommandFailure) -> [UInt8] {
        try await send(.POST, path, headers: headers, members)
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
        let answer = try await open(body == nil ? .GET : .POST, path, body: body, headers: [("accept", accept)])
        do {
            while let bytes = try await answer.piece() { try piece(Array(bytes.readableBytesView)) }
        } catch {
            answer.connection.close()
            throw error as? CommandFailure ?? CommandFailure(cutShort: error, at: line.door.place)
        }
        line.giveBack(answer)
        // Without a length, an answer that broke off looks like one that ended.
        let headers = answer.head.headers
        guard headers.contains(name: "content-length") || headers[canonicalForm: "transfer-encoding"].last?.lowercased() == "chunked" else {
            throw CommandFailure(cutShort: nil, at: line.door.place)
        }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, headers: [(String, String)] = [], _ members: (inout JSONWriter) -> Void
    ) async throws(CommandFailure) -> [UInt8] {
        var writer = JSONWriter(capacity: 32_768)
        writer.object(members)
        // The body may hold a refresh token; the connection's own copy of it is out of reach, this one is not.
        defer { writer.wipe() }
        return try await send(method, path, body: writer.bytes, headers: headers)
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, headers: [(String, String)] = []
    ) async throws(CommandFailure) -> [UInt8] {
        try await whole(open(method, path, body: body, headers: headers + [("accept", "application/json")]))
    }

    /// Asks, and judges the answer's status; its body is still to come.
    private func open(
        _ method: HTTPMethod, _ path: String, body: [UInt8]?, headers: [(String, String)]
    ) async throws(CommandFailure) -> HTTPAnswer {
        var head = request(method, path)
        for (name, value) in headers { head.headers.add(name: name, value: value) }
        if let body {
            head.headers.add(name: "content-type", value: "application/json")
            head.headers.add(name: "content-length", value: String(body.count))
        }
        let connection = try await line.take()
        let answer: HTTPAnswer
        do {
            answer = try await connection.ask(head, body: body)
        } catch {
            connection.close()
            throw CommandFailure(unanswered: error, at: line.door.place)
        }
        guard (200..<300).contains(answer.head.status.code) else {
            throw CommandFailure(answer: try await whole(answer), status: answer.head.status, headers: answer.head.headers)
        }
        return answer
    }

    private func request(_ method: HTTPMethod, _ path: String) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        var target = path
        var caller = credential
        switch line.door {
        case .socket(_, let organisation):
            // HTTP/1.1 needs one (RFC 9112 §3.2).
            headers.add(name: "host", value: "localhost")
            if let organisation { headers.add(name: "x-latchkey-org", value: organisation) }
        case .address(let url, let key, _):
            headers.add(name: "host", value: url.authority)
            target = url.path + path
            caller = caller ?? key
        }
        if let caller {
            let value = caller.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
            headers.add(name: "x-api-key", value: value)
        }
        headers.add(name: "user-agent", value: "latchkey/\(Version.current)")
        return HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers)
    }

    private func whole(_ answer: HTTPAnswer) async throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        if let length = answer.head.headers.first(name: "content-length").flatMap(Int.init) {
            bytes.reserveCapacity(min(max(length, 0), Self.longestAnswer))
        }
        do {
            while let piece = try await answer.piece() {
                guard bytes.count + piece.readableBytes <= Self.longestAnswer else {
                    throw CommandFailure(.failed, "the answer is longer than 16 MiB; it can't be the daemon's")
                }
                bytes.append(contentsOf: piece.readableBytesView)
            }
        } catch {
            answer.connection.close()
            throw error as? CommandFailure ?? CommandFailure(unanswered: error, at: line.door.place)
        }
        line.giveBack(answer)
        return bytes
    }
}
