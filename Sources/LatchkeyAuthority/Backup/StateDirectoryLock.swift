import Glibc

/// Holds a state directory, also one in which there is no store yet: a daemon that starts and a restore keep out of each other's way.
///
/// The lock is the directory's own, so that nothing is left behind. A daemon shares it until it has the store's lock; a restore has it alone, from
/// its first look to its end. Whoever has it for a moment is waited for.
package final class StateDirectoryLock: Sendable {
    private static let attempts = 100
    private static let pause: UInt32 = 20_000  // microseconds

    private let descriptor: Int32

    /// - Returns: `nil` when somebody else holds it, for two seconds at least.
    /// - Throws: `.unavailable` when the directory can't be opened or locked.
    package init?(_ directory: String, isShared: Bool) throws(BackupError) {
        let file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else {
            throw BackupError.system("\(directory) can't be opened")
        }
        for _ in 0..<Self.attempts {
            if flock(file, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 {
                descriptor = file
                return
            }
            let number = errno
            guard number == EWOULDBLOCK || number == EINTR else {
                close(file)
                throw BackupError.system("\(directory) can't be locked", number)
            }
            usleep(Self.pause)
        }
        close(file)
        return nil
    }

    deinit { close(descriptor) }
}
