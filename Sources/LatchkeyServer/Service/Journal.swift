import Glibc

/// The way to the host's journal, in its native protocol. The other way, lines on standard error with their priority before them, loses the
/// fields, by which an operator finds all that one request or one caller did.
package final class Journal: Sendable {
    private static let path = "/run/systemd/journal/socket"

    private let path: String
    private let descriptor: CInt

    /// Opens it when standard error of this process leads there (`JOURNAL_STREAM`, systemd.exec(5)): then, and only then, is somebody
    /// looking for the log in the journal.
    ///
    /// - Parameter variable: the variable's value, a device and an inode number.
    package convenience init?(variable: String?) { self.init(variable: variable, stream: STDERR_FILENO) }

    /// - Parameter stream: what the variable must tell of.
    convenience init?(variable: String?, stream: CInt) {
        guard let parts = variable?.split(separator: ":"), parts.count == 2 else { return nil }
        var status = stat()
        guard fstat(stream, &status) == 0, parts[0] == "\(status.st_dev)", parts[1] == "\(status.st_ino)" else { return nil }
        self.init(path: Self.path)
    }

    /// - Parameter path: of the socket that takes entries.
    init?(path: String) {
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Hands an entry over, without waiting: who logs may be answering requests.
    ///
    /// - Returns: whether it was taken.
    package func write(_ entry: JournalEntry) -> Bool {
        guard let address = SocketCalls.unixAddress(path) else { return false }
        let bytes = entry.bytes
        return SocketCalls.with(address) { name, size in
            sendto(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT), name, size) < 0 ? -1 : 0
        } == 0
    }
}
