import NIOCore
import NIOHTTP1

extension Connection {
    /// Reads of 64 KiB and more that may follow what the parser would not take; it counts no bytes any more.
    private static let readsAfterRefusal = 16

    /// Answers with a status and nothing else, and ends the connection.
    func refuse(_ status: HTTPResponseStatus) {
        guard let context = self.context, self.phase != .ending, self.phase != .closed else { return }
        let version: HTTPVersion = self.exchange?.head.version.minor == 0 ? .http1_0 : .http1_1
        let headers: HTTPHeaders = ["Content-Length": "0", "Connection": "close", "Date": self.loop.date]
        let written = context.eventLoop.makePromise(of: Void.self)
        context.write(self.wrapOutboundOut(.head(HTTPResponseHead(version: version, status: status, headers: headers))), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: written)
        self.refused = true
        self.end(after: written.futureResult)
    }

    /// Closes when the last answer is out. If the client is still sending, only our side is closed at first and a bounded part
    /// of what comes is swallowed (RFC 9112 §9.6): a socket that is closed with unread input resets the connection, and that
    /// can take the answer from under the client's eyes.
    func end(after written: EventLoopFuture<Void>) {
        guard self.phase != .closed else { return }  // by the write itself, when the client had left
        let unread = self.refused || self.exchange?.receiving == true || !self.queue.isEmpty
        self.phase = .ending
        self.deadline = .now() + TimeAmount(self.service.limits.idleTimeout)
        self.bodyTimer?.cancel()
        self.exchange?.pipe?.fail(BodyUnreadable())
        self.exchange = nil
        self.queue.removeAll()
        written.assumeIsolated().whenComplete { _ in
            guard self.phase == .ending, let context = self.context else { return }
            guard unread, !self.inputClosed else { return context.close(promise: nil) }
            self.lingering = true
            context.close(mode: .output, promise: nil)
            self.endTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(self.service.limits.lingerTime)) {
                self.context?.close(promise: nil)
            }
        }
        self.resumeReading()
    }

    func swallow(_ part: HTTPServerRequestPart) {
        guard case .body(let chunk) = part else { return }
        self.swallowed += chunk.readableBytes
        if self.swallowed > self.service.limits.lingerBytes, self.lingering { self.context?.close(promise: nil) }
    }

    /// Whether the connection is to be read on.
    func mayReadAfterRefusal() -> Bool {
        guard self.refused else { return true }
        self.readsSinceRefusal += 1
        return self.readsSinceRefusal <= Self.readsAfterRefusal
    }

    /// A stop was announced: what is under way ends, and nothing new begins but the first request of a connection that was
    /// accepted for it.
    func quiesce() {
        guard !self.quiescing else { return }
        self.quiescing = true
        switch self.phase {
        case .idle where self.started == 0:
            let grace = TimeAmount(self.service.limits.firstRequestGrace)
            self.endTimer = self.loop.loop.assumeIsolated().scheduleTask(in: grace) { self.context?.close(promise: nil) }
        case .idle:
            self.context?.close(promise: nil)
        case .gathering, .serving:
            self.closeAfterAnswer = true
        case .ending, .closed:
            break
        }
    }

    /// The channel is closed. A responder at work goes on, for its change may be half made; one that only streams has nobody
    /// left to stream to.
    func wentAway() {
        guard self.phase != .closed else { return }
        self.phase = .closed
        for timer in [self.idleTimer, self.bodyTimer, self.endTimer] { timer?.cancel() }
        self.exchange?.pipe?.fail(BodyUnreadable())
        self.exchange = nil
        self.queue.removeAll()
        self.resumeWriter(.failure(ConnectionGone()))
        if self.streaming { self.task?.cancel() }
        if self.running > 0 { self.service.gate.orphaned() }
    }
}
