import Glibc
package import Logging
import NIOCore
import NIOHTTP1
package import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Serves HTTP/1.1 and HTTP/1.0 (RFC 9110, RFC 9112) on one socket, in the plain or over TLS 1.2 and 1.3.
///
/// A graceful shutdown stops accepting, serves what was accepted, closes idle connections, and ends within
/// ``ListenerLimits/drainTimeout`` and a second; a cancellation cuts every connection at once. Either way `run()` returns only
/// when no responder is at work any more, unless one ignores its cancellation for a second.
package struct Listener: Service, CustomStringConvertible {
    private let socket: BoundSocket
    private let responder: any ConnectionResponder
    private let limits: ListenerLimits
    private let logger: Logger
    private let group: MultiThreadedEventLoopGroup
    private let door: InsideDoor?
    private let certificate: ServingCertificate?
    private let meter: ListenerMeter
    private let onListening: @Sendable () -> Void

    /// - Parameters:
    ///   - socket: taken over; it can be served once.
    ///   - group: the threads that read, parse, answer and write.
    ///   - door: another way in, from this process alone.
    ///   - certificate: what TLS is spoken with; none for plain HTTP.
    ///   - meter: counts the connections.
    ///   - onListening: called once, when requests are being served.
    package init(
        socket: BoundSocket,
        responder: any ConnectionResponder,
        limits: ListenerLimits = ListenerLimits(),
        logger: Logger,
        group: MultiThreadedEventLoopGroup = .singleton,
        door: InsideDoor? = nil,
        certificate: ServingCertificate? = nil,
        meter: ListenerMeter = ListenerMeter(),
        onListening: @escaping @Sendable () -> Void = {}
    ) {
        self.socket = socket
        self.responder = responder
        self.limits = limits
        self.logger = logger
        self.group = group
        self.door = door
        self.certificate = certificate
        self.meter = meter
        self.onListening = onListening
    }

    package var description: String { "Listener(\(self.socket.name))" }

    /// - Throws: ``ListenerError`` when the socket was already used or stops working.
    package func run() async throws {
        guard let descriptor = self.socket.handle.take() else {
            throw ListenerError(.alreadyUsed, "the socket \(self.socket.name) was already served or closed; open it again")
        }
        defer { self.socket.handle.removePath() }
        let gate = try await self.serve(descriptor)
        self.logger.debug("serving", metadata: ["address": "\(self.socket.name)"])
        self.onListening()
        // The path goes while the socket still listens: afterwards it could be a successor's.
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await gate.finished.get()
            } onGracefulShutdown: {
                self.socket.handle.removePath()
                gate.stop()
            }
        } onCancel: {
            self.socket.handle.removePath()
            gate.abandon()
        }
        self.logger.debug("closed", metadata: ["address": "\(self.socket.name)"])
    }

    private func serve(_ descriptor: NIOBSDSocket.Handle) async throws -> AcceptGate {
        let loop = self.group.next()
        let contexts = Dictionary(uniqueKeysWithValues: self.group.makeIterator().map { (ObjectIdentifier($0), LoopContext($0)) })
        let gate = AcceptGate(limits: self.limits, loop: loop, meter: self.meter)
        let (socket, limits) = (self.socket, self.limits)
        let (certificate, meter, logger) = (self.certificate, self.meter, self.logger)
        let service = Connection.Service(responder: self.responder, limits: limits, logger: self.logger, gate: gate)
        let setUp: @Sendable (any Channel, Peer) throws -> Void = { channel, peer in
            let context = contexts[ObjectIdentifier(channel.eventLoop)] ?? LoopContext(channel.eventLoop)
            let pipeline = channel.pipeline.syncOperations
            if let certificate {
                // The pair of this moment: a reload touches no connection that is there.
                try pipeline.addHandler(NIOSSLServerHandler(context: certificate.pair.context))
                try pipeline.addHandler(HandshakeWatch(limit: limits.handshakeTimeout, meter: meter, logger: logger))
            }
            var decoder = NIOHTTPDecoderLimitConfiguration()
            decoder.maxHeaderFieldSize = limits.maxHeadBytes
            decoder.maxHeaderListSize = limits.maxHeadBytes
            decoder.maxHeaderFieldCount = limits.maxHeaderFields
            // Pipelined requests, errors and the validity of fields are Connection's and HTTPFields' business.
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false,
                withErrorHandling: false,
                withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(),
                withDecoderLimitConfiguration: decoder
            )
            try pipeline.addHandler(Connection(channel: channel, peer: peer, loop: context, service: service))
        }
        let bootstrap = ServerBootstrap(group: loop, childGroup: self.group)
            // One accept a turn: with more, the limit on connections would be overshot.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(gate)
                    // NIO has called listen() with its own, short queue before it looks at any option.
                    try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
                        guard listen(descriptor, limits.backlog) == 0 else {
                            throw ListenerError.system("can't listen on \(socket.name)", errno: errno)
                        }
                    }
                }
            }
            // A client may end its sending side and still wait for the answer.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try setUp(channel, Peer.of(channel, isUnix: socket.isUnix))
                }
            }
        do {
            _ = try await bootstrap.withBoundSocket(descriptor).get()
        } catch {
            gate.failed(error)
            throw error
        }
        if let door = self.door { gate.finished.whenComplete { _ in door.shut() } }
        self.door?.open { descriptor in
            // On the gate's own loop, where it may count the connection in.
            ClientBootstrap(group: loop)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        gate.adopt(channel)
                        try setUp(channel, .network(address: "127.0.0.1"))
                    }
                }
                .withConnectedSocket(descriptor)
                .map { _ in }
        }
        return gate
    }
}
