package import HummingbirdCore
package import Logging
package import NIOCore

/// Answers the requests of a ``Listener``.
///
/// It runs on the connection's event loop, which it shares with other connections: work of more than some hundred
/// microseconds (a signature) belongs on a thread of its own, and must be awaited. It never throws; it maps its errors itself,
/// those of the body included: ``BodyDeadlineExceeded``, ``BodyUnreadable`` and NIO's `NIOTooManyBytesError`.
///
/// The listener adds `Date`, and `Connection: close` where the connection ends after the answer: when the client asked for
/// it or speaks HTTP/1.0, when the body was not received to its end by then, on 413, at a stop, and when the answer itself
/// carries it. A responder goes on when its client leaves; a body that is being streamed is cancelled then.
package protocol ConnectionResponder: Sendable {
    func respond(to request: Request, peer: Peer, channel: any Channel, logger: Logger) async -> Response
}

/// Thrown to who reads a request body that did not arrive within ``ListenerLimits/bodyTimeout``.
package struct BodyDeadlineExceeded: Error {
    package init() {}
}

/// Thrown to who reads a request body that ended early or is badly framed. Whatever is answered, the client gets a bare 400
/// if it can still be reached.
package struct BodyUnreadable: Error {
    package init() {}
}

/// Thrown to who writes an answer to a connection that is gone.
package struct ConnectionGone: Error {
    package init() {}
}
