import Glibc
import NIOCore
import Synchronization

/// A way into a listener that needs no network.
///
/// A daemon whose socket was handed over may itself have no network to reach it by (`PrivateNetwork=`). What comes through the door is read, judged
/// and answered like what comes from outside: it has everything but the kernel's TCP. Nobody else can come through: it has no name.
package final class InsideDoor: Sendable {
    private let take = Mutex<(@Sendable (CInt) -> EventLoopFuture<Void>)?>(nil)

    package init() {}

    /// What is done with the listener's end of a new connection.
    func open(_ take: @escaping @Sendable (CInt) -> EventLoopFuture<Void>) {
        self.take.withLock { $0 = take }
    }

    /// The listener serves no more.
    func shut() { take.withLock { $0 = nil } }

    /// A new connection's other end; the caller closes it.
    /// - Throws: ``ListenerError`` when the listener doesn't serve yet, or no more.
    func connect() async throws -> CInt {
        guard let take = self.take.withLock({ $0 }) else {
            throw ListenerError(.system, "the listener does not serve now: it begins, or it has ended; try again in a second")
        }
        var ends: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, SocketCalls.stream | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw ListenerError.system("can't make a pair of sockets", errno: errno)
        }
        do {
            try await take(ends[0]).get()
        } catch {
            _ = Glibc.close(ends[1])
            throw error
        }
        return ends[1]
    }
}
