/// Bounds on what clients may cost. All durations are wall time on a monotonic clock.
package struct ListenerLimits: Sendable {
    /// Connections served at once, with those whose request is still worked on after the client left. The surplus waits in
    /// the kernel's queue.
    package var maxConnections: Int
    /// Length of the kernel's queue of connections; the kernel cuts it to `net.core.somaxconn`.
    package var backlog: CInt
    /// How long a connection may stay without a complete request head, from its opening or from the last answer; also how
    /// long a client may leave an answer unread.
    package var idleTimeout: Duration
    /// While all places are taken: how long a connection may be without a complete request head until it makes room for another; also how
    /// often it is looked whether one has been.
    package var idleWhenFull: Duration
    /// How long a TLS handshake may take, from the connection's opening.
    package var handshakeTimeout: Duration
    /// How long a whole request body may take, counted from the read that completed the head.
    package var bodyTimeout: Duration
    /// Bytes of the request target and all header fields together.
    package var maxHeadBytes: Int
    package var maxHeaderFields: Int
    /// At a stop: how long an accepted connection that never sent a request may still send its first one.
    package var firstRequestGrace: Duration
    /// At a stop: how long answers in the making may take before their connections are cut.
    package var drainTimeout: Duration
    /// After an answer that leaves request bytes unread: how long, and for how many bytes, they are swallowed so that the
    /// client gets to see the answer instead of a reset.
    package var lingerTime: Duration
    package var lingerBytes: Int

    package init(
        maxConnections: Int = 1024,
        backlog: CInt = 4096,
        idleTimeout: Duration = .seconds(30),
        idleWhenFull: Duration = .seconds(1),
        handshakeTimeout: Duration = .seconds(10),
        bodyTimeout: Duration = .seconds(15),
        maxHeadBytes: Int = 16 * 1024,
        maxHeaderFields: Int = 100,
        firstRequestGrace: Duration = .seconds(1),
        drainTimeout: Duration = .seconds(10),
        lingerTime: Duration = .seconds(1),
        lingerBytes: Int = 1024 * 1024
    ) {
        self.maxConnections = maxConnections
        self.backlog = backlog
        self.idleTimeout = idleTimeout
        self.idleWhenFull = idleWhenFull
        self.handshakeTimeout = handshakeTimeout
        self.bodyTimeout = bodyTimeout
        self.maxHeadBytes = maxHeadBytes
        self.maxHeaderFields = maxHeaderFields
        self.firstRequestGrace = firstRequestGrace
        self.drainTimeout = drainTimeout
        self.lingerTime = lingerTime
        self.lingerBytes = lingerBytes
    }
}
