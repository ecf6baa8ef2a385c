import Glibc

/// Root gives up being root for work on files that are the service's own: what it makes there is the service's, also when it is killed.
enum OwnerIdentity {
    /// Goes on as the owner of a path, when this is root and the owner is somebody else; for the rest of the process.
    ///
    /// - Throws: `.failed` when that can't be done.
    static func take(of path: String) throws(CommandFailure) {
        var status = stat()
        guard geteuid() == 0, stat(path, &status) == 0, status.st_uid != 0 else { return }
        guard setgroups(0, nil) == 0, setgid(status.st_gid) == 0, setuid(status.st_uid) == 0 else {
            throw CommandFailure(.failed, "can't go on as the owner of \(path): \(SystemError(number: errno))")
        }
    }
}
