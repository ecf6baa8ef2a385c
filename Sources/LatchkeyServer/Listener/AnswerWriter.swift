import HTTPTypes
import HummingbirdCore
import NIOCore

/// The way of one answer to its connection. The responder's task is on the connection's event loop unless it does something
/// unusual, so nearly always these are plain calls.
struct AnswerWriter: ResponseBodyWriter {
    let connection: Connection
    /// The request that it answers; a writer that somebody kept too long writes nothing.
    let number: Int

    private var loop: any EventLoop { self.connection.loop.loop }

    /// - Returns: whether the body is wanted.
    func begin(_ response: Response) async throws -> Bool {
        if self.loop.inEventLoop { return self.connection.begin(response, number: self.number) }
        return try await self.loop.submit { self.connection.begin(response, number: self.number) }.get()
    }

    /// Returns when the client keeps up; throws ``ConnectionGone`` when it is gone.
    func write(_ buffer: ByteBuffer) async throws {
        let keepsUp =
            if self.loop.inEventLoop {
                try self.connection.write(buffer, number: self.number)
            } else {
                try await self.loop.submit { try self.connection.write(buffer, number: self.number) }.get()
            }
        if !keepsUp {
            try await withCheckedThrowingContinuation { continuation in
                self.loop.execute { self.connection.await(continuation, number: self.number) }
            }
        }
    }

    /// From here on the client is not waited for: what it does not take at once is lost to it, and its connection ends. From any thread.
    func giveUpWaiting() { self.loop.execute { self.connection.giveUpWaiting(number: self.number) } }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        if self.loop.inEventLoop { return try self.connection.finish(trailingHeaders, number: self.number) }
        let writer = copy self
        try await self.loop.submit { try writer.connection.finish(trailingHeaders, number: writer.number) }.get()
    }

    func ended() async {
        if self.loop.inEventLoop { return self.connection.ended(number: self.number) }
        self.loop.execute { self.connection.ended(number: self.number) }
    }
}
