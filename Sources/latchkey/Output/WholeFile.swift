import FoundationEssentials
import Glibc
import LatchkeyStore

/// A file that is written piece by piece and appears under its name when it is whole and on disk, or not at all. A file that has the name
/// already stays as it is until then, and is replaced, or is in the way.
struct WholeFile: ~Copyable {
    private let path: String
    private let temporary: String
    private let parent: String
    private let file: CInt
    private let replaces: Bool
    private let advice: String

    /// - Parameters:
    ///   - option: what the path was given with, for messages.
    ///   - replaces: whether a file of that name may be replaced.
    ///   - advice: what to do where there is one that may not.
    ///   - isPublic: whether everybody may read it; otherwise its owner alone.
    /// - Throws: `.failed` when no file can be made there, or what has the name is no regular file, or may not be replaced.
    init(
        path: String, option: String = "--out", replaces: Bool = true, advice: String = "name another file", isPublic: Bool = false
    ) throws(CommandFailure) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard !name.isEmpty, name != ".", name != "..", !path.utf8.contains(0) else {
            throw CommandFailure(.usage, "\(option) needs the path of a file, not \"\(path)\"")
        }
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                let hint = option == "--out" ? "name another file, or leave --out away and send standard output there" : "name another file"
                throw CommandFailure(.failed, "\(path) is not a regular file", hint: hint)
            }
            guard replaces else { throw Self.occupied(path, advice) }
        }
        let parent = Self.parent(of: path)
        let temporary = parent + "/" + (try TemporaryName.make())
        Leftover.expect(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw CommandFailure(
                .failed, "no file can be made in \(parent): \(SystemError(number: errno))",
                hint: "name a file in a directory that you may write")
        }
        // As long as this is held, nobody clears it away.
        _ = flock(file, LOCK_EX | LOCK_NB)
        // Whatever the umask is: it goes to other hosts and other users.
        if isPublic { fchmod(file, 0o644) }
        self.path = path
        self.temporary = temporary
        self.parent = parent
        self.file = file
        self.replaces = replaces
        self.advice = advice
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Removes from a directory what this user's killed processes left of files that never appeared, secrets among them.
    ///
    /// - Parameter path: of a file in the directory.
    static func clear(beside path: String) {
        let parent = Self.parent(of: path)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where TemporaryName.isOne(name) {
            let left = parent + "/" + name
            let file = open(left, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
            guard file >= 0 else { continue }
            defer { close(file) }
            var status = stat()
            guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else { continue }
            // A file has its lock a moment after its name.
            guard time(nil) - status.st_mtim.tv_sec > 60, flock(file, LOCK_EX | LOCK_NB) == 0 else { continue }
            unlink(left)
        }
    }

    private static func occupied(_ path: String, _ advice: String) -> CommandFailure {
        CommandFailure(.failed, "\(path) exists already", hint: advice)
    }

    deinit {
        unlink(temporary)
        close(file)
    }

    borrowing func write(_ bytes: Span<UInt8>) throws(CommandFailure) {
        if let number = Descriptor.write(bytes, to: file) { throw failure(number) }
    }

    /// Lets the file appear.
    consuming func finish() throws(CommandFailure) { _ = try finish(as: nil) }

    /// Lets the file appear, in its directory, under a name that was not known before; `nil` for the one that was.
    ///
    /// - Returns: its path.
    consuming func finish(as name: String?) throws(CommandFailure) -> String {
        var target = path
        if let name { target = parent + "/" + name }
        guard fsync(file) == 0 else { throw failure(errno) }
        if replaces {
            guard rename(temporary, target) == 0 else { throw failure(errno) }
        } else {
            // A link fails when the name is taken, however late that happened; where there are none, the look before has to do.
            var status = stat()
            let isPlaced =
                link(temporary, target) == 0
                || ((errno == EPERM || errno == ENOTSUP) && lstat(target, &status) != 0 && rename(temporary, target) == 0)
            guard isPlaced else { throw errno == EEXIST ? Self.occupied(target, advice) : failure(errno) }
            unlink(temporary)
        }
        let number = DurableNames.keep(in: parent)
        guard number == 0 || number == EINVAL else { throw failure(number) }
        return target
    }

    private borrowing func failure(_ number: CInt) -> CommandFailure {
        CommandFailure(.failed, "\(path) could not be written: \(SystemError(number: number))")
    }
}
