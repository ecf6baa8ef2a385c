import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The connections that a command has through one door: one, used for one request after the other, as long as the daemon keeps it open.
final class DaemonLine: Sendable {
    let door: DaemonDoor

    private let trust: NIOSSLContext?
    /// One thread is enough for one command.
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let spare = Mutex<HTTPConnection?>(nil)

    /// - Throws: `.usage` when the door's certificates can't be read.
    init(_ door: DaemonDoor) throws(CommandFailure) {
        self.trust = try TLSTrust.context(for: door)
        self.door = door
    }

    /// The connection of before where there is one that is still open, else a new one.
    ///
    /// - Throws: `.unreachable`.
    func take() async throws(CommandFailure) -> HTTPConnection {
        if let connection = spare.withLock({ $0.take() }), connection.isOpen { return connection }
        return try await door.open(on: group, trust: trust)
    }

    /// For the next request, once an answer has been read to its end.
    func giveBack(_ answer: HTTPAnswer) {
        let unused = spare.withLock { spare in
            guard answer.head.isKeepAlive, spare == nil else { return answer.connection as HTTPConnection? }
            spare = answer.connection
            return nil
        }
        unused?.close()
    }

    /// Closes all connections.
    func close() async { try? await group.shutdownGracefully() }
}
