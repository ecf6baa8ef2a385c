import Glibc

/// What the file system says of a file, without opening it.
struct FileFacts {
    let path: String
    let owner: uid_t
    /// Permission bits.
    let mode: mode_t
    let isSocket: Bool

    /// - Throws: the operating system's number, `ENOENT` when there is no such file.
    init(_ path: String) throws(SystemError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemError(number: errno) }
        self.path = path
        owner = status.st_uid
        mode = status.st_mode & 0o7777
        isSocket = status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Whether this process's user may not do with a file what is asked, or not even look for it. One that is not there is not out of reach.
    ///
    /// - Parameter access: `R_OK`, `W_OK`, `X_OK`, or several of them.
    static func isOutOfReach(_ path: String, _ access: CInt = R_OK) -> Bool {
        faccessat(AT_FDCWD, path, access, AT_EACCESS) != 0 && errno == EACCES
    }

    /// As `0640`.
    var modeText: String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
