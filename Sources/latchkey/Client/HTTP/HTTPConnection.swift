import NIOCore
import NIOHTTP1

/// One open connection, for one request after the other.
final class HTTPConnection: Sendable {
    /// How long the daemon may be silent, in seconds.
    static let longestSilence: Int64 = 60

    private let channel: any Channel
    private let answers: NIOLoopBound<AnswerHandler>

    /// Takes over a channel that has just been connected; on its event loop.
    init(_ channel: any Channel) throws {
        let handler = AnswerHandler(eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        try channel.pipeline.syncOperations.addHandler(handler)
        self.channel = channel
        self.answers = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    var isOpen: Bool { channel.isActive }

    /// Sends a request and waits for the head of its answer. The answer before must have been read to its end.
    func ask(_ head: HTTPRequestHead, body: [UInt8]?) async throws -> HTTPAnswer {
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if let body { channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil) }
        // What goes wrong here ends the connection, and so the wait for the answer.
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        guard case .head(let head) = try await part() else { throw ConnectionFailure.closed }
        return HTTPAnswer(head: head, connection: self)
    }

    /// The next part of the answer.
    func part() async throws -> HTTPClientResponsePart {
        let patience = TimeAmount.seconds(Self.longestSilence)
        return try await channel.eventLoop.flatSubmit { [answers] in answers.value.part(within: patience) }.get()
    }

    func close() { channel.close(promise: nil) }
}

/// An answer whose head is there; its body is still to come.
struct HTTPAnswer: Sendable {
    let head: HTTPResponseHead
    let connection: HTTPConnection

    /// The next piece of the body; `nil` at its end.
    func piece() async throws -> ByteBuffer? {
        guard case .body(let piece) = try await connection.part() else { return nil }
        return piece
    }
}
