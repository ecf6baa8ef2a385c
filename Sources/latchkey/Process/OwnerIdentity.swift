import Glibc
import Synchronization

/// Root gives up being root for work on files that are the service's own: what it makes there is the service's, also when it is killed.
enum OwnerIdentity {
    private static let person = Atomic<UInt32>(getuid())

    /// Who began this: the user of this process before it gave anything up.
    static var userId: UInt32 { person.load(ordering: .sequentiallyConsistent) }

    /// Whether this goes on as somebody else.
    static var isTaken: Bool { userId != getuid() }

    /// Goes on as the owner of a path, when this is root and the owner is somebody else; for the rest of the process.
    ///
    /// - Throws: `.failed` when that can't be done.
    static func take(of path: String) throws(CommandFailure) {
        var status = stat()
        // Whoever it was is noted before it changes.
        guard userId == 0, geteuid() == 0, stat(path, &status) == 0, status.st_uid != 0 else { return }
        guard setgroups(0, nil) == 0, setgid(status.st_gid) == 0, setuid(status.st_uid) == 0 else {
            throw CommandFailure(.failed, "can't go on as the owner of \(path): \(SystemError(number: errno))")
        }
    }
}
