import NIOCore
import NIOTLS

/// Tells one promise how the TLS handshake went.
final class HandshakeHandler: ChannelInboundHandler {
    typealias InboundIn = Any

    private let isDone: EventLoopPromise<Void>

    init(_ isDone: EventLoopPromise<Void>) { self.isDone = isDone }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { isDone.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isDone.fail(error)
        context.fireErrorCaught(error)
    }

    func handlerRemoved(context: ChannelHandlerContext) { isDone.fail(ConnectionFailure.closed) }
}
