import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import latchkey

/// The end of the pipeline that takes in the daemon's answers.
@Suite struct AnswerHandling {
    /// A channel without a network; it counts how often its pipeline asks for more.
    private struct Line {
        final class Reads: ChannelOutboundHandler {
            typealias OutboundIn = Any
            var count = 0

            func read(context: ChannelHandlerContext) { count += 1 }
        }

        let loop = EmbeddedEventLoop()
        let reads = Reads()
        let handler: AnswerHandler
        let channel: EmbeddedChannel

        init() throws {
            handler = AnswerHandler(eventLoop: loop)
            channel = EmbeddedChannel(handlers: [reads, handler], loop: loop)
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/s")).wait()
        }

        func comes(_ text: String) { channel.pipeline.fireChannelRead(HTTPClientResponsePart.body(ByteBuffer(string: text))) }

        func asks() -> Asked {
            let asked = Asked()
            handler.part(within: .seconds(60)).assumeIsolated().whenComplete { asked.result = $0 }
            return asked
        }
    }

    private final class Asked {
        var result: Result<HTTPClientResponsePart, any Error>?

        var text: String? {
            guard case .body(let bytes) = try? result?.get() else { return nil }
            return String(buffer: bytes)
        }

        var failure: (any Error)? {
            guard case .failure(let error) = result else { return nil }
            return error
        }
    }

    @Test func `parts are handed out in their order, asked for before or after they came`() throws {
        let line = try Line()
        let first = line.asks()
        #expect(first.result == nil)
        line.comes("a")
        #expect(first.text == "a")
        line.comes("b")
        line.comes("c")
        #expect(line.asks().text == "b" && line.asks().text == "c" && line.asks().result == nil)
    }

    @Test func `what nobody takes is not read`() throws {
        let line = try Line()
        line.channel.read()
        #expect(line.reads.count == 1)
        line.comes("a")
        line.comes("b")
        line.channel.read()
        #expect(line.reads.count == 1)
        _ = line.asks()
        #expect(line.reads.count == 1)
        _ = line.asks()
        #expect(line.reads.count == 2)
        line.channel.read()
        #expect(line.reads.count == 3)
    }

    @Test func `a daemon that is silent for too long is given up`() throws {
        let line = try Line()
        let first = line.asks()
        line.loop.advanceTime(by: .seconds(59))
        line.comes("a")
        // Nobody waits now, and nobody's patience ends.
        line.loop.advanceTime(by: .seconds(3600))
        let second = line.asks()
        line.loop.advanceTime(by: .seconds(59))
        #expect(first.text == "a" && second.result == nil && line.channel.isActive)
        line.loop.advanceTime(by: .seconds(1))
        guard case ConnectionFailure.silence? = second.failure else { throw Unexpected() }
        #expect(!line.channel.isActive)
    }

    @Test func `what came before the end is handed out, then the end`() throws {
        let line = try Line()
        line.comes("a")
        line.channel.pipeline.fireChannelInactive()
        #expect(line.asks().text == "a")
        guard case ConnectionFailure.closed? = line.asks().failure else { throw Unexpected() }
    }

    @Test func `the first reason for an end is the one that counts, and closes the connection`() throws {
        struct Broken: Error {}
        let line = try Line()
        let asked = line.asks()
        line.channel.pipeline.fireErrorCaught(Broken())
        line.channel.pipeline.fireChannelInactive()
        #expect(asked.failure is Broken && line.asks().failure is Broken && !line.channel.isActive)
    }

    private struct Unexpected: Error {}
}
