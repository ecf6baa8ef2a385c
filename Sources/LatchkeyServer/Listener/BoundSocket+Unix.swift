package import Glibc

extension BoundSocket {
    /// Makes a unix socket that never, not for a moment, lets in more than `mode` and `group` say.
    ///
    /// A socket file that nobody listens on any more is replaced; one with a listener, or a file of another kind, is refused.
    /// - Parameters:
    ///   - path: at most 107 bytes, in a directory that exists.
    ///   - mode: the permission bits, whatever the process's umask.
    ///   - group: the owning group; none leaves the process's own.
    /// - Throws: ``ListenerError`` when the path can't be one, is in use, is not permitted, or did not come out as asked.
    package static func unix(path: String, mode: mode_t, group: gid_t?) throws(ListenerError) -> BoundSocket {
        guard let address = SocketCalls.unixAddress(path) else {
            throw ListenerError(
                .invalidAddress,
                "the socket path \"\(path)\" has \(path.utf8.count) bytes; give one of 1 to 107 bytes without a zero byte"
            )
        }
        // Two instances that start together must not both see the same stale file and remove each other's fresh one. Since
        // the socket listens before the lock is given back, the second one finds a live socket.
        let lock = try DirectoryLock(holding: path)
        defer { lock.release() }
        try Self.removeStale(path, address)

        let descriptor = try SocketCalls.open(family: AF_UNIX)
        var made: OwnPath?
        do throws(ListenerError) {
            // Linux gives the file the mode of the socket's own inode, less the umask: narrower than asked at worst.
            guard fchmod(descriptor, mode) == 0, SocketCalls.with(address, { bind(descriptor, $0, $1) }) == 0 else {
                throw .system("can't make the socket \(path)", errno: errno)
            }
            made = OwnPath(path)
            if let group, lchown(path, uid_t.max, group) != 0 {
                throw .system("can't give the socket \(path) to group \(group)", errno: errno)
            }
            guard chmod(path, mode) == 0 else { throw .system("can't set the mode of the socket \(path)", errno: errno) }
            made = OwnPath(path)
            try Self.verify(path, mode: mode, group: group)
            guard listen(descriptor, SocketCalls.defaultBacklog) == 0 else { throw .system("can't listen on \(path)", errno: errno) }
            return BoundSocket(descriptor: descriptor, isUnix: true, name: path, port: nil, ownPath: made)
        } catch {
            // The handle's own way out removes the path, if it is ours, and closes the descriptor.
            BoundSocket(descriptor: descriptor, isUnix: true, name: path, port: nil, ownPath: made).close()
            throw error
        }
    }

    private static func removeStale(_ path: String, _ address: sockaddr_un) throws(ListenerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .system("can't look at \(path)", errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ListenerError(.notASocket, "\(path) exists and is not a socket; move it away or choose another socket path")
        }
        let probe = try SocketCalls.open(family: AF_UNIX)
        defer { _ = Glibc.close(probe) }
        // Not blocking: a live socket with a full queue answers EAGAIN and would otherwise hold the start for ever.
        _ = fcntl(probe, F_SETFL, O_NONBLOCK)
        if SocketCalls.with(address, { connect(probe, $0, $1) }) == 0 || errno != ECONNREFUSED {
            throw ListenerError(.addressInUse, "\(path) is in use by a running instance; stop it or choose another socket path")
        }
        guard unlink(path) == 0 else { throw .system("can't replace the stale socket \(path)", errno: errno) }
    }

    /// The changes of owner and mode went by path: make sure that what they met is a socket, and came out as asked.
    private static func verify(_ path: String, mode: mode_t, group: gid_t?) throws(ListenerError) {
        var status = stat()
        let right =
            lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK && status.st_mode & 0o7777 == mode
            && status.st_uid == geteuid() && (group == nil || status.st_gid == group)
        guard right else {
            throw ListenerError(.system, "\(path) was changed by someone else while it was made; check who may write to its directory")
        }
    }
}

/// An advisory lock on the directory of a path, held while the path changes hands. It leaves no file behind.
private struct DirectoryLock {
    private static let attempts = 100
    private static let pause: UInt32 = 20_000  // microseconds
    private let descriptor: CInt

    init(holding path: String) throws(ListenerError) {
        let directory: String
        switch path.utf8.lastIndex(of: UInt8(ascii: "/")) {
        case nil: directory = "."
        case path.startIndex?: directory = "/"
        case let slash?: directory = String(path[..<slash])
        }
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("can't open the directory of the socket \(path)", errno: errno) }
        for _ in 0..<Self.attempts {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                self.descriptor = descriptor
                return
            }
            usleep(Self.pause)
        }
        _ = Glibc.close(descriptor)
        throw ListenerError(.addressInUse, "another process holds a lock on \(directory), where the socket should be; try again later")
    }

    func release() { _ = Glibc.close(self.descriptor) }
}
