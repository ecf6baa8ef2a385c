import NIOCore
import NIOHTTP1

/// Sends one request and settles one promise: with the body of a 200, or with what went wrong.
final class ProbeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let largestBody: Int
    private let limit: TimeAmount
    private let answer: EventLoopPromise<[UInt8]>
    private var deadline: Scheduled<Void>?
    private var body: [UInt8] = []

    init(_ head: HTTPRequestHead, largestBody: Int, limit: TimeAmount, answer: EventLoopPromise<[UInt8]>) {
        self.head = head
        self.largestBody = largestBody
        self.limit = limit
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: limit) { [answer] in
            answer.fail(ProbeFailure("it did not answer in time"))
            channel.close(promise: nil)
        }
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            if head.status != .ok { settle(.failure(ProbeFailure("it answered \(head.status.code)")), context) }
        case .body(let part):
            guard body.count + part.readableBytes <= largestBody else {
                return settle(.failure(ProbeFailure("its answer has more than \(largestBody) bytes")), context)
            }
            body += part.readableBytesView
        case .end: settle(.success(body), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        settle(.failure(ProbeFailure("it closed the connection before the answer was whole")), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        settle(.failure(ProbeFailure("its answer can't be read: \(error)")), context)
    }

    /// The first one counts: a promise that is settled stays as it is.
    private func settle(_ result: Result<[UInt8], any Error>, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        answer.completeWith(result)
        context.close(promise: nil)
    }
}
