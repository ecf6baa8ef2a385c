import NIOCore
import NIOHTTP1

/// The end of a connection's pipeline: hands out the parts of its answers one after the other to whoever asks, and reads on only when all
/// that came has been taken. What nobody takes stays with the daemon.
final class AnswerHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = Never
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private struct Question {
        let answer: EventLoopPromise<HTTPClientResponsePart>
        let timer: Scheduled<Void>
    }

    private let eventLoop: any EventLoop
    private var context: ChannelHandlerContext?
    private var parts = CircularBuffer<HTTPClientResponsePart>()
    private var question: Question?
    private var isReadHeld = false
    /// Why nothing more comes.
    private var end: (any Error)?

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// The next part, as soon as it is there. One is asked for at a time.
    ///
    /// - Parameter patience: how long the daemon may be silent from now on; after that the connection is given up.
    func part(within patience: TimeAmount) -> EventLoopFuture<HTTPClientResponsePart> {
        if let part = parts.popFirst() {
            if parts.isEmpty, isReadHeld {
                isReadHeld = false
                context?.read()
            }
            return eventLoop.makeSucceededFuture(part)
        }
        if let end { return eventLoop.makeFailedFuture(end) }
        let answer = eventLoop.makePromise(of: HTTPClientResponsePart.self)
        let timer = eventLoop.assumeIsolated().scheduleTask(in: patience) { self.finish(ConnectionFailure.silence) }
        question = Question(answer: answer, timer: timer)
        return answer.futureResult
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        finish(ConnectionFailure.closed)
    }

    func read(context: ChannelHandlerContext) {
        if parts.isEmpty { context.read() } else { isReadHeld = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        guard let question else { return parts.append(part) }
        self.question = nil
        question.timer.cancel()
        question.answer.succeed(part)
    }

    func channelInactive(context: ChannelHandlerContext) { finish(ConnectionFailure.closed) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { finish(error) }

    /// The first reason counts.
    private func finish(_ error: any Error) {
        guard end == nil else { return }
        end = error
        question?.timer.cancel()
        question?.answer.fail(error)
        question = nil
        context?.close(promise: nil)
    }
}
