import Glibc
import NIOCore

/// The first handler of a listening channel: knows every connection, accepts no more than allowed, survives the lack of
/// descriptors, and takes the listener down in order.
///
/// The order of a stop: accept no more; let each accepted connection become active (NIO drops what it is still setting up
/// when the listening channel closes, and a client would lose its request); close the listening channel; wait for the
/// connections; cut those that outstay the limit.
///
/// `@unchecked`: all state is touched on the listening channel's event loop only; the entry points for others hop there.
final class AcceptGate: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    /// How long accepting rests when there is no descriptor or memory for a connection, if none ends before.
    private static let exhaustionPause = TimeAmount.milliseconds(100)
    /// How long connections that were cut get to end their work.
    private static let cutGrace = TimeAmount.seconds(1)

    private enum State { case accepting, stopping, closed }

    private let limits: ListenerLimits
    private let loop: any EventLoop
    private let meter: ListenerMeter
    private let done: EventLoopPromise<Void>
    private var channel: (any Channel)?
    private var state = State.accepting
    private var connections: [ObjectIdentifier: any Channel] = [:]
    /// Accepted, not yet active.
    private var unsettled: Set<ObjectIdentifier> = []
    /// Requests still worked on whose connection is gone.
    private var orphans = 0
    private var readHeld = false
    private var exhausted = false
    private var failure: (any Error)?
    private var timer: Scheduled<Void>?
    private var roomTimer: Scheduled<Void>?

    init(limits: ListenerLimits, loop: any EventLoop, meter: ListenerMeter) {
        self.limits = limits
        self.loop = loop
        self.meter = meter
        self.done = loop.makePromise()
    }

    /// Succeeds when everything is down after a stop; fails when the listening channel ended by itself.
    var finished: EventLoopFuture<Void> { self.done.futureResult }

    // MARK: - Accepting

    func handlerAdded(context: ChannelHandlerContext) { self.channel = context.channel }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.adopt(self.unwrapInboundIn(data))
        context.fireChannelRead(data)
    }

    /// Counts a connection in, however it came.
    func adopt(_ child: any Channel) {
        let id = ObjectIdentifier(child)
        self.connections[id] = child
        self.unsettled.insert(id)
        self.meter.began()
        // Holds `child` until then, so that its address stands for nothing else.
        child.closeFuture.hop(to: self.loop).assumeIsolated().whenComplete { _ in
            self.connections[ObjectIdentifier(child)] = nil
            self.meter.finished()
            self.settle(ObjectIdentifier(child))
            self.roomMade()
        }
    }

    func read(context: ChannelHandlerContext) {
        guard self.state == .accepting, !self.exhausted else { return }
        if self.isFull {
            self.readHeld = true
            self.makeRoom()
        } else {
            context.read()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let code = (error as? IOError)?.errnoCode, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else {
            return context.fireErrorCaught(error)
        }
        // The connection stays in the kernel's queue and keeps the socket readable: without a rest the loop would spin.
        guard self.state == .accepting, !self.exhausted else { return }
        self.exhausted = true
        self.meter.ranOut()
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        self.loop.assumeIsolated().scheduleTask(in: Self.exhaustionPause) { self.recover() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if self.state == .accepting {
            self.failure = ListenerError(.system, "the listening socket failed; see the log and restart")
            self.cut()
        }
        self.state = .closed
        self.finishIfDone()
        context.fireChannelInactive()
    }

    private var isFull: Bool { self.connections.count + self.orphans >= self.limits.maxConnections }

    /// Somebody who only holds places must not keep others out: while all are taken, connections that are idle end soon.
    private func makeRoom() {
        guard self.roomTimer == nil else { return }
        self.roomTimer = self.loop.assumeIsolated().scheduleTask(in: TimeAmount(self.limits.idleWhenFull)) {
            self.roomTimer = nil
            guard self.isFull, self.readHeld, self.state == .accepting else { return }
            for connection in self.connections.values { connection.pipeline.fireUserInboundEventTriggered(Connection.MakeRoom()) }
            self.makeRoom()
        }
    }

    private func roomMade() {
        if self.exhausted { self.recover() }
        if self.readHeld, !self.isFull, self.state == .accepting {
            self.readHeld = false
            self.channel?.read()
        }
        self.finishIfDone()
    }

    private func recover() {
        guard self.exhausted, !self.isFull else { return }  // when there is room, ``roomMade()`` calls again
        self.exhausted = false
        guard self.state == .accepting else { return }
        try? self.channel?.syncOptions?.setOption(.autoRead, value: true)
    }

    // MARK: - What connections report

    func becameActive(_ connection: any Channel) {
        self.loop.execute {
            self.settle(ObjectIdentifier(connection))
            if self.state != .accepting { connection.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        }
    }

    /// The connection is gone, its request is not: the place stays taken until ``orphanEnded()``.
    func orphaned() {
        self.loop.execute { self.orphans += 1 }
    }

    func orphanEnded() {
        self.loop.execute {
            self.orphans -= 1
            self.roomMade()
        }
    }

    private func settle(_ id: ObjectIdentifier) {
        guard self.unsettled.remove(id) != nil, self.unsettled.isEmpty, self.state == .stopping else { return }
        self.channel?.close(promise: nil)
    }

    // MARK: - Stopping

    /// Lets what was accepted end within the limits. From any thread, any number of times.
    func stop() {
        self.loop.execute {
            guard self.state == .accepting else { return }
            // Told before new connections are refused: who sees the refusal sees the connections already ending.
            let quiesce = ChannelShouldQuiesceEvent()
            for connection in self.connections.values { connection.pipeline.fireUserInboundEventTriggered(quiesce) }
            self.beginStop()
            self.timer = self.loop.assumeIsolated().scheduleTask(in: TimeAmount(self.limits.drainTimeout)) { self.cut() }
        }
    }

    /// Ends all connections now. From any thread, any number of times.
    func abandon() {
        self.loop.execute {
            if self.state == .accepting { self.beginStop() }
            self.cut()
        }
    }

    private func beginStop() {
        self.state = .stopping
        // Also takes back an interest in reading that is already registered.
        try? self.channel?.syncOptions?.setOption(.autoRead, value: false)
        if self.unsettled.isEmpty { self.channel?.close(promise: nil) }
    }

    private func cut() {
        self.timer?.cancel()
        for connection in self.connections.values {
            connection.pipeline.fireUserInboundEventTriggered(Connection.Cut())
            connection.close(promise: nil)  // for one that is still being set up
        }
        // A responder that does not heed its cancellation must not hold up the stop for ever.
        self.timer = self.loop.assumeIsolated().scheduleTask(in: Self.cutGrace) {
            self.connections = [:]
            self.orphans = 0
            self.channel?.close(promise: nil)
            self.finishIfDone()
        }
    }

    /// The listening channel could not be set up.
    func failed(_ error: any Error) { self.done.fail(error) }

    private func finishIfDone() {
        guard self.state == .closed, self.connections.isEmpty, self.orphans == 0 else { return }
        self.roomTimer?.cancel()
        self.roomTimer = nil
        self.timer?.cancel()
        self.timer = nil
        if let failure = self.failure {
            self.done.fail(failure)
        } else {
            self.done.succeed()
        }
    }
}
