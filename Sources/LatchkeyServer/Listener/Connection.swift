import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

/// One HTTP/1 connection: the handler behind NIO's decoder and encoder that takes requests one after the other to the
/// responder and its answers back, keeps the deadlines, and ends the connection in good order.
///
/// Pipelined requests wait here until the one before is answered. A request whose body came together with its head is handed
/// over whole; a longer one is handed over at once with a body that streams.
///
/// `@unchecked`: all state is touched on the channel's event loop only. Extensions: `+Requests`, `+Answers`, `+Ending`.
final class Connection: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    /// What all connections of a listener share.
    struct Service: Sendable {
        let responder: any ConnectionResponder
        let limits: ListenerLimits
        let logger: Logger
        let gate: AcceptGate
    }

    /// Tells a connection to close whatever it does.
    struct Cut: Sendable {}

    /// Tells a connection to close if it has been without a request for a while: others wait for its place.
    struct MakeRoom: Sendable {}

    enum Phase {
        /// Waits for a request head.
        case idle
        /// A head came; the rest of what was read with it is still being looked at.
        case gathering
        /// The responder has the request; it, or the answer's body, is at work.
        case serving
        /// The last answer is on its way; what still comes in is dropped.
        case ending
        case closed
    }

    /// What is known of the request that is being served.
    struct Exchange {
        var head: HTTPRequestHead
        /// Whether the end of the request has not been received.
        var receiving = true
        var gathered: ByteBuffer?
        var pipe: BodyPipe?
        /// Set when the body turned out to be no HTTP: the answer is this, whatever the responder says.
        var broken: HTTPResponseStatus?
        var wantsContinue = false
        // The answer: what is held back until more of it is known, and what is known of it.
        var answerHead: HTTPResponseHead?
        var answerBody: ByteBuffer?
        var answerLength: Int?
        var answerHasBody = true
        var headSent = false
        /// Whether a writer may wait until the client has taken what was written.
        var waitsForClient = true
    }

    let channel: any Channel
    let peer: Peer
    let loop: LoopContext
    let service: Service

    var context: ChannelHandlerContext?
    var phase = Phase.idle
    var exchange: Exchange?
    /// Parts of requests that follow the one being served, and the parser's verdict on what comes after them.
    var queue = CircularBuffer<HTTPServerRequestPart>()
    var queuedError: HTTPResponseStatus?
    /// Requests that went to the responder; the number of the one being served.
    var started = 0
    /// Tasks that have not ended; besides the current one that of an answered request may still be on its way out.
    var running = 0
    var task: Task<Void, Never>?
    /// Whether part of an answer's body is out and more may come.
    var streaming = false
    var closeAfterAnswer = false
    var quiescing = false
    var inputClosed = false
    var readHeld = false
    var refused = false
    var lingering = false
    var swallowed = 0
    var readsSinceRefusal = 0
    var writableWaiter: CheckedContinuation<Void, any Error>?

    /// When the connection closes if nothing changes. Always `idleTimeout` after the moment it is set, so that one timer, which
    /// looks at it when it fires, does for the whole life of the connection.
    var deadline: NIODeadline?
    var idleTimer: Scheduled<Void>?
    var bodyTimer: Scheduled<Void>?
    /// For the grace of the first request and the lingering close, which exclude each other.
    var endTimer: Scheduled<Void>?

    init(channel: any Channel, peer: Peer, loop: LoopContext, service: Service) {
        self.channel = channel
        self.peer = peer
        self.loop = loop
        self.service = service
    }

    // MARK: - Events of the channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.wentAway()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        self.armIdleTimer()
        self.service.gate.becameActive(self.channel)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.wentAway()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received(self.unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.phase == .gathering { self.beginStreamed() }
    }

    func read(context: ChannelHandlerContext) {
        if self.isSaturated {
            self.readHeld = true
        } else if self.mayReadAfterRefusal() {
            context.read()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError {
            self.parserRefused(error == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest)
        } else if let error = error as? NIOSSLError, error == .uncleanShutdown {
            // The client ended its sending side without TLS's word for it; that it did is told next, and what it sent whole is answered.
        } else {
            context.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            if self.phase == .serving { self.deadline = nil }
            self.resumeWriter(.success(()))
        } else {
            // A client that doesn't read its answer is as idle as one that sends nothing.
            self.deadline = .now() + TimeAmount(self.service.limits.idleTimeout)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: self.quiesce()
        case is Cut:
            // Closed first: what a cancelled responder says is no answer to what the client asked.
            let task = self.task
            context.close(promise: nil)
            task?.cancel()
        case is MakeRoom: self.makeRoom()
        case ChannelEvent.inputClosed: self.inputEnded()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: - Reading no more than is used

    /// Whether more input could only pile up.
    var isSaturated: Bool {
        guard self.phase == .serving, let exchange = self.exchange else { return false }
        return exchange.receiving ? exchange.pipe?.isFull ?? false : !self.queue.isEmpty
    }

    func resumeReading() {
        guard self.readHeld, !self.isSaturated else { return }
        self.readHeld = false
        self.context?.read()
    }

    // MARK: - The idle deadline

    func armIdleTimer() {
        let timeout = TimeAmount(self.service.limits.idleTimeout)
        self.deadline = .now() + timeout
        self.scheduleIdleTimer(in: timeout)
    }

    private func makeRoom() {
        guard self.phase == .idle, let deadline = self.deadline else { return }
        let limits = self.service.limits
        let idleSince = deadline - TimeAmount(limits.idleTimeout)
        if idleSince + TimeAmount(limits.idleWhenFull) <= .now() { self.context?.close(promise: nil) }
    }

    private func scheduleIdleTimer(in delay: TimeAmount) {
        self.idleTimer = self.loop.loop.assumeIsolated().scheduleTask(in: delay) {
            let now = NIODeadline.now()
            if let deadline = self.deadline, deadline <= now {
                self.context?.close(promise: nil)
            } else {
                self.scheduleIdleTimer(in: self.deadline.map { $0 - now } ?? TimeAmount(self.service.limits.idleTimeout))
            }
        }
    }
}
