import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind the TLS handler until the handshake is done: keeps its deadline, and counts and names those that fail.
///
/// Its bytes need no bound of ours: before the handshake is done, the library takes no message of more than 16 KiB, and few of them.
final class HandshakeWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limit: TimeAmount
    private let meter: ListenerMeter
    private let logger: Logger
    private var deadline: Scheduled<Void>?
    private var isOver = false

    init(limit: Duration, meter: ListenerMeter, logger: Logger) {
        self.limit = TimeAmount(limit)
        self.meter = meter
        self.logger = logger
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.failed("it was not done in time")
            channel.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { end() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failed("\(error)")
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        failed("the client left")
        context.fireChannelInactive()
    }

    private func failed(_ reason: String) {
        guard !isOver else { return }
        end()
        meter.handshakeFailed()
        logger.debug("a TLS handshake failed", metadata: ["reason": "\(reason)"])
    }

    private func end() {
        isOver = true
        deadline?.cancel()
        deadline = nil
    }
}
