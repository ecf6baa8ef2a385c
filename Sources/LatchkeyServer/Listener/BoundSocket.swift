import Glibc
import Synchronization

/// A listening stream socket that was opened here or inherited, with its final owner and mode.
///
/// It listens from the moment it exists: who connects before the ``Listener`` runs waits in the kernel's queue. It closes
/// itself when nobody holds it and no listener has taken it over; a unix socket that was made here takes its path along.
package struct BoundSocket: Sendable {
    /// Whether peers are identified by the kernel's credentials.
    package let isUnix: Bool
    /// The address for people: `127.0.0.1:8787` or `[::1]:8787` with the real port, or the path.
    package let name: String
    /// The TCP port that was really taken; none for a unix socket.
    package let port: Int?
    /// What the service manager calls an inherited socket (`FileDescriptorName=`).
    package let activationName: String?

    let handle: Handle

    init(descriptor: CInt, isUnix: Bool, name: String, port: Int?, activationName: String? = nil, ownPath: OwnPath? = nil) {
        self.isUnix = isUnix
        self.name = name
        self.port = port
        self.activationName = activationName
        self.handle = Handle(descriptor: descriptor, ownPath: ownPath)
    }

    /// Closes a socket that no listener has taken over, and removes the path that was made for it. Further calls do nothing.
    package func close() {
        self.handle.removePath()
        if let descriptor = self.handle.take() { _ = Glibc.close(descriptor) }
    }

    /// A path that was made here. In doubt what has its name now is left where it is.
    struct OwnPath: Sendable, Equatable {
        let path: String
        private let mark: FileMark

        /// The file at `path` as it is now; none when there is none.
        init?(_ path: String) {
            guard let mark = FileMark(path, followsLinks: false) else { return nil }
            self.path = path
            self.mark = mark
        }
    }

    /// The one owner of the descriptor: it is handed on once or closed once.
    final class Handle: Sendable {
        private let state: Mutex<(descriptor: CInt?, ownPath: OwnPath?)>

        init(descriptor: CInt, ownPath: OwnPath?) {
            self.state = Mutex((descriptor, ownPath))
        }

        deinit {
            self.removePath()
            if let descriptor = self.take() { _ = Glibc.close(descriptor) }
        }

        /// The descriptor, the first time; the caller closes it.
        func take() -> CInt? {
            self.state.withLock { state in
                defer { state.descriptor = nil }
                return state.descriptor
            }
        }

        /// Removes our own path, at most once.
        func removePath() {
            let own = self.state.withLock { state in
                defer { state.ownPath = nil }
                return state.ownPath
            }
            if let own, OwnPath(own.path) == own { _ = unlink(own.path) }
        }
    }
}
