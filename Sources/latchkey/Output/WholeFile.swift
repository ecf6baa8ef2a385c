import Glibc
import LatchkeyCrypto

/// A file that is written piece by piece and appears under its name when it is whole and on disk, or not at all. A file that has the name
/// already stays as it is until then, and is replaced, or is in the way.
struct WholeFile: ~Copyable {
    private let path: String
    private let temporary: String
    private let parent: String
    private let file: CInt
    private let replaces: Bool

    /// - Parameters:
    ///   - option: what the path was given with, for messages.
    ///   - replaces: whether a file of that name may be replaced.
    ///   - isPublic: whether everybody may read it; otherwise its owner alone.
    /// - Throws: `.failed` when no file can be made there, or what has the name is no regular file, or may not be replaced.
    init(path: String, option: String = "--out", replaces: Bool = true, isPublic: Bool = false) throws(CommandFailure) {
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
            guard replaces else { throw Self.occupied(path) }
        }
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let temporary = parent + "/" + (try Self.temporaryName())
        Leftover.expect(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw CommandFailure(
                .failed, "no file can be made in \(parent): \(SystemError(number: errno))",
                hint: "name a file in a directory that you may write")
        }
        // Whatever the umask is: it goes to other hosts and other users.
        if isPublic { fchmod(file, 0o644) }
        self.path = path
        self.temporary = temporary
        self.parent = parent
        self.file = file
        self.replaces = replaces
    }

    private static func occupied(_ path: String) -> CommandFailure {
        CommandFailure(.failed, "\(path) exists already", hint: "name another file, or replace it with --replace")
    }

    deinit {
        unlink(temporary)
        close(file)
    }

    borrowing func write(_ bytes: Span<UInt8>) throws(CommandFailure) {
        if let number = Descriptor.write(bytes, to: file) { throw failure(number) }
    }

    /// Lets the file appear.
    consuming func finish() throws(CommandFailure) {
        guard fsync(file) == 0 else { throw failure(errno) }
        if replaces {
            guard rename(temporary, path) == 0 else { throw failure(errno) }
        } else {
            // A link fails when the name is taken, however late that happened; where there are none, the look before has to do.
            var status = stat()
            let isPlaced =
                link(temporary, path) == 0
                || ((errno == EPERM || errno == ENOTSUP) && lstat(path, &status) != 0 && rename(temporary, path) == 0)
            guard isPlaced else { throw errno == EEXIST ? Self.occupied(path) : failure(errno) }
            unlink(temporary)
        }
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure(errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 || errno == EINVAL else { throw failure(errno) }
    }

    private static func temporaryName() throws(CommandFailure) -> String {
        do {
            return ".latchkey-" + Base64URL.encode(try Random.bytes(12))
        } catch {
            throw CommandFailure(.failed, error.message)
        }
    }

    private borrowing func failure(_ number: CInt) -> CommandFailure {
        CommandFailure(.failed, "\(path) could not be written: \(SystemError(number: number))")
    }
}
