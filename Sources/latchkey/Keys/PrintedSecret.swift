import Glibc

/// What became of a secret that was written to standard output: a write into a pipe succeeds as soon as there is room, whoever reads it or not.
enum PrintedSecret {
    enum Outcome: Equatable {
        /// All of it was read; or it went where that can't be known and needn't be, such as a terminal or a file.
        case taken
        /// Nobody reads any more, and not all was read.
        case lost
        /// It lies in the pipe.
        case waiting
    }

    /// Waits until all was read.
    ///
    /// - Parameter seconds: how long, at most.
    static func wait(seconds: Int64, descriptor: CInt = STDOUT_FILENO) -> Outcome {
        let end = ContinuousClock.now + .seconds(seconds)
        while let left = unread(descriptor) {
            var state = pollfd(fd: descriptor, events: 0, revents: 0)
            // Without asking for anything, all that is told is that the other side has gone.
            _ = poll(&state, 1, left == 0 ? 0 : 20)
            // Of a socket, what was not read goes with its reader, and that is an error; of a pipe it stays, and that there is no reader is one.
            if isSocket(descriptor), state.revents & Int16(POLLERR) != 0 { return .lost }
            if left == 0 { return .taken }
            if state.revents != 0 { return unread(descriptor) == 0 ? .taken : .lost }
            if ContinuousClock.now >= end { return .waiting }
        }
        return .taken
    }

    private static func isSocket(_ descriptor: CInt) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// How much was written that nobody has read; `nil` where there is no such thing.
    private static func unread(_ descriptor: CInt) -> Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        var count: CInt = 0
        switch status.st_mode & S_IFMT {
        case S_IFIFO: return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : nil
        case S_IFSOCK: return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : nil
        default: return nil
        }
    }
}
