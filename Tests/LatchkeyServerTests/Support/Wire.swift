import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Where a daemon can be reached.
enum Door: Sendable {
    case tcp(port: Int)
    case socket(path: String)
}

/// One connection that sends what it is given, byte for byte, and reads what comes.
final class Wire: Sendable {
    struct Closed: Error {}

    private let channel: any Channel
    private let inbox: Inbox

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// - Parameter tls: what TLS is spoken with; none for the plain.
    static func open(_ door: Door, tls: TLSClient? = nil) async throws -> Wire {
        let inbox = Inbox()
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
                    try channel.pipeline.syncOperations.addHandler(inbox)
                }
            }
        let channel =
            switch door {
            case .tcp(let port): try await bootstrap.connect(host: "127.0.0.1", port: port).get()
            case .socket(let path): try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
        return Wire(channel: channel, inbox: inbox)
    }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// The next answer on this connection.
    ///
    /// - Parameter interim: whether a `100 Continue` counts.
    /// - Throws: `Closed` when the connection ended without one.
    func reply(toHead: Bool = false, interim: Bool = false) async throws -> Reply {
        while true {
            let (reply, ended) = try inbox.take(toHead: toHead, interim: interim)
            if let reply { return reply }
            guard !ended else { throw Closed() }
            await inbox.changed()
        }
    }

    /// Waits for the other side's end of the connection; what still comes is dropped.
    func untilClosed() async {
        while !inbox.isEnded { await inbox.changed() }
    }

    var isClosed: Bool { inbox.isEnded }

    /// Ends our sending side; an answer can still come.
    func finish() async { try? await channel.close(mode: .output).get() }

    func close() async { try? await channel.close().get() }
}

/// What came in, until somebody asks for it.
private final class Inbox: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var parser = ReplyParser()
        var ended = false
        /// Something came that nobody has looked at.
        var isFresh = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(Self.unwrapInboundIn(data).readableBytesView)
        note { $0.parser.append(bytes) }
    }

    func channelInactive(context: ChannelHandlerContext) { note { $0.ended = true } }

    /// The other side sends no more: for a client, the end.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            note { $0.ended = true }
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        note { $0.ended = true }
        context.close(promise: nil)
    }

    private func note(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            defer { state.waiter = nil }
            state.isFresh = state.waiter == nil
            return state.waiter
        }
        waiter?.resume()
    }

    var isEnded: Bool { state.withLock { $0.ended } }

    func take(toHead: Bool, interim: Bool) throws -> (reply: Reply?, ended: Bool) {
        try state.withLock { state in
            state.isFresh = false
            return (try state.parser.next(toHead: toHead, interim: interim, ended: state.ended), state.ended)
        }
    }

    func changed() async {
        await withCheckedContinuation { continuation in
            let goOn = state.withLock { state in
                if state.isFresh || state.ended {
                    state.isFresh = false
                    return true
                }
                state.waiter = continuation
                return false
            }
            if goOn { continuation.resume() }
        }
    }
}
