import Testing

/// One answer that is read as slowly as a test wants: nothing is taken from the socket unless it is asked for. Every wait has a limit.
actor StreamedAnswer {
    enum End: Equatable {
        /// The answer said itself that this is all of it.
        case whole
        /// The connection ended before.
        case cut
    }

    private let client: RawClient
    /// What came and was not looked at yet.
    private var raw: [UInt8] = []
    private var isOpen = true
    private var left: Left
    /// Status and header fields.
    nonisolated let head: Reply
    private(set) var end: End?

    /// What the head says of the length of the body.
    private enum Left {
        case bytes(Int)
        case chunks
    }

    private init(_ client: RawClient, _ head: Reply, rest: [UInt8]) {
        self.client = client
        self.head = head
        raw = rest
        left = head["transfer-encoding"] == "chunked" ? .chunks : .bytes(Int(head["content-length"] ?? "") ?? 0)
    }

    deinit { if isOpen { client.close() } }

    /// Sends a request on a connection of its own and reads the head of the answer.
    ///
    /// - Parameter receiveBuffer: bytes that the kernel keeps for us; little, to be a client that soon holds its server up.
    static func ask(_ request: String, at door: Door, receiveBuffer: CInt? = nil) async throws -> StreamedAnswer {
        let (client, bytes) = try await blocking { () -> (RawClient, [UInt8]) in
            let client =
                switch door {
                case .tcp(let port): try RawClient.tcp(port, receiveBuffer: receiveBuffer)
                case .socket(let path): try RawClient.unix(path)
                }
            try client.send(request)
            var bytes: [UInt8] = []
            while Self.headEnd(bytes) == nil {
                let more = try client.receive()
                guard !more.isEmpty else { throw ReplyParser.Malformed(why: "the connection ended within a head") }
                bytes += more
            }
            return (client, bytes)
        }
        let end = try #require(headEnd(bytes))
        var parser = ReplyParser()
        parser.append(Array(bytes[..<end]))
        let head = try #require(try parser.next(toHead: true, interim: false, ended: false))
        return StreamedAnswer(client, head, rest: Array(bytes[end...]))
    }

    /// The next bytes of the body; `nil` at the end.
    func next() async throws -> [UInt8]? {
        while end == nil {
            if let piece = try piece() { return piece }
            guard end == nil else { break }
            let more = try await blocking { [client] in
                do {
                    return try client.receive()
                } catch let failure as RawClient.Failure where failure.isReset {
                    return []
                }
            }
            if more.isEmpty { end = .cut }
            raw += more
        }
        return nil
    }

    /// All that is still to come, and how it ended.
    func rest() async throws -> (text: String, end: End?) {
        var bytes: [UInt8] = []
        while let more = try await next() { bytes += more }
        return (String(decoding: bytes, as: UTF8.self), end)
    }

    /// Whether the other side has ended the connection; what came before is kept.
    func untilClosed() async throws {
        while end == nil { _ = try await next() }
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        client.close()
    }

    /// A piece of the body out of what came, without its frame (RFC 9112 §7.1).
    private func piece() throws -> [UInt8]? {
        switch left {
        case .bytes(let count):
            if count == 0 {
                end = .whole
                return nil
            }
            guard !raw.isEmpty else { return nil }
            let piece = Array(raw.prefix(count))
            raw.removeFirst(piece.count)
            left = .bytes(count - piece.count)
            return piece
        case .chunks:
            guard let line = raw.firstIndex(of: 10) else { return nil }
            guard line > 0, raw[line - 1] == 13, let size = Int(String(decoding: raw[..<(line - 1)], as: UTF8.self), radix: 16) else {
                throw ReplyParser.Malformed(why: "the size of a chunk")
            }
            guard raw.count >= line + 1 + size + 2 else { return nil }
            guard raw[line + 1 + size] == 13, raw[line + 2 + size] == 10 else { throw ReplyParser.Malformed(why: "the end of a chunk") }
            let piece = Array(raw[(line + 1)..<(line + 1 + size)])
            raw.removeFirst(line + 3 + size)
            if size == 0 {
                end = .whole
                return nil
            }
            return piece
        }
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
    }
}

extension TestDaemon {
    /// A request whose answer is read piece by piece.
    func stream(
        _ method: String, _ target: String, _ headers: Fields = [], body: String? = nil, at door: Door? = nil, receiveBuffer: CInt? = nil
    ) async throws -> StreamedAnswer {
        try await .ask(Self.request(method, target, headers, body: body), at: door ?? tcp, receiveBuffer: receiveBuffer)
    }

    /// Waits until something is so, by asking the daemon something else between two looks.
    func until(_ what: Comment, location: SourceLocation = #_sourceLocation, _ isSo: () async throws -> Bool) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(10)
        while try await !isSo() {
            try #require(clock.now < deadline, what, sourceLocation: location)
            _ = try await send("GET", "/health")
        }
    }
}
