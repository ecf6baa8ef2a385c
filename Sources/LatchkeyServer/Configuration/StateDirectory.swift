import Glibc
import LatchkeyAuthority

/// The directory of the store and the master key: its owner's alone.
package struct StateDirectory: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// Makes it, for its owner alone; one that is there must be ours and closed to others.
    ///
    /// - Throws: `ConfigurationError` when it can't be made, or is not as it has to be.
    package func make() throws(ConfigurationError) {
        if mkdir(path, 0o700) == 0 { return }
        guard errno == EEXIST else {
            throw ConfigurationError("the state directory \(path) can't be made: \(String(cString: strerror(errno)))")
        }
        try check(owner: geteuid())
    }

    /// - Parameter owner: the daemon's user; `nil` when it may be anybody.
    /// - Throws: `ConfigurationError` when it is no directory, somebody else's, or open to others.
    package func check(owner: UInt32?) throws(ConfigurationError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw ConfigurationError("the state directory \(path) is not a directory")
        }
        guard owner == nil || status.st_uid == owner else {
            throw ConfigurationError("the state directory \(path) belongs to another user; start as that user, or name another directory")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw ConfigurationError(
                "the state directory \(path) is open to other users; close it with: chmod 0700 \(ShellWord.quoted(path))")
        }
    }

    /// Where the store is.
    package var store: String { path + "/store" }

    /// Whether a file lies on the store's own file system: who steals that disk has both.
    package func sharesDisk(with file: String) -> Bool { Self.device(of: file) == Self.device(of: store) }

    private static func device(of path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_dev) : nil
    }
}
