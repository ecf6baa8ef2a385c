import FoundationEssentials
import Glibc
import LatchkeyCrypto

/// A file that a new secret goes to: complete, 0600, and on disk, or not there at all.
///
/// Everything that can be found out before a key is minted is found out by `init`, which also makes the temporary file beside the target.
/// `store` fills it and gives it its name in one step. What was not stored leaves nothing behind.
struct KeyFile: ~Copyable {
    let path: String
    private let name: String
    private let temporary: String
    private let replaces: Bool
    /// A directory that was made for this file alone, and goes when the file does not come to be.
    private let ownDirectory: String?
    private let directory: CInt
    private let file: CInt

    /// - Parameter replaces: whether a regular file of that name may be replaced.
    /// - Throws: `.failed` when the directory can't be written, or the target is there, a link, or no regular file.
    init(path: String, replaces: Bool) throws(CommandFailure) { try self.init(path: path, replaces: replaces, ownDirectory: nil) }

    /// A file in a fresh directory that is its user's own (0700), where the system keeps what is gone with the session or the next start.
    ///
    /// - Throws: `.failed` when none can be made.
    static func temporary() throws(CommandFailure) -> KeyFile {
        let environment = ProcessInfo.processInfo.environment
        let given = ["XDG_RUNTIME_DIR", "TMPDIR"].compactMap { environment[$0] }.first { $0.hasPrefix("/") }
        let parent = given ?? "/tmp"
        var template = Array((parent + "/latchkey-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(
                .failed, "no directory can be made in \(parent): \(SystemError(number: errno)); nothing was minted",
                hint: "name another one in TMPDIR, or a file with --to-file PATH")
        }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do throws(CommandFailure) {
            return try KeyFile(path: directory + "/key", replaces: false, ownDirectory: directory)
        } catch {
            rmdir(directory)
            throw error
        }
    }

    private init(path: String, replaces: Bool, ownDirectory: String?) throws(CommandFailure) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard !name.isEmpty, name != ".", name != "..", !path.utf8.contains(0) else {
            throw CommandFailure(.usage, "--to-file needs the path of a file, not \"\(path)\"")
        }
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            throw CommandFailure(
                .failed, "the directory \(parent) can't be used: \(SystemError(number: errno))", hint: "make it first, or name another file"
            )
        }
        do throws(CommandFailure) {
            try Self.checkTarget(name, in: directory, path: path, replaces: replaces)
            let temporary = try TemporaryName.make()
            Leftover.expect(parent + "/" + temporary, in: ownDirectory)
            let file = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard file >= 0 else {
                throw CommandFailure(
                    .failed, "no file can be made in \(parent): \(SystemError(number: errno))",
                    hint: "name a file in a directory that you may write")
            }
            // As long as this is held, nobody clears it away.
            _ = flock(file, LOCK_EX | LOCK_NB)
            self.path = path
            self.name = name
            self.temporary = temporary
            self.replaces = replaces
            self.ownDirectory = ownDirectory
            self.directory = directory
            self.file = file
        } catch {
            close(directory)
            throw error
        }
    }

    deinit {
        unlinkat(directory, temporary, 0)
        // With the file in it, it stays.
        if let ownDirectory { rmdir(ownDirectory) }
        close(file)
        close(directory)
    }

    /// Writes the secret and a newline, and lets the file appear under its name.
    ///
    /// - Throws: `.notStored` with the reason; nothing of the secret is left on disk then.
    consuming func store(_ secret: Secret) throws(CommandFailure) {
        let newline: [UInt8] = [UInt8(ascii: "\n")]
        if let number = secret.withBytes({ Descriptor.write($0, to: file) }) ?? Descriptor.write(newline.span, to: file) {
            throw failure(number)
        }
        guard fsync(file) == 0 else { throw failure(errno) }
        if replaces { try Self.checkTarget(name, in: directory, path: path, replaces: true) }
        guard place() else {
            throw errno == EEXIST ? Self.occupied(path) : failure(errno)
        }
        guard fsync(directory) == 0 || errno == EINVAL else {
            let number = errno
            unlinkat(directory, name, 0)
            throw failure(number)
        }
    }

    /// Without leave to replace, a link to the finished file decides: it fails when the name is taken, however late that happened. Where
    /// there are no hard links, the name is taken with an empty file first.
    private borrowing func place() -> Bool {
        if replaces { return renameat(directory, temporary, directory, name) == 0 }
        if linkat(directory, temporary, directory, name, 0) == 0 {
            // Before the directory is synced: a crash must not bring the second name back.
            unlinkat(directory, temporary, 0)
            return true
        }
        guard errno == EPERM || errno == ENOTSUP else { return false }
        let placeholder = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard placeholder >= 0 else { return false }
        close(placeholder)
        return renameat(directory, temporary, directory, name) == 0
    }

    private borrowing func failure(_ number: CInt) -> CommandFailure {
        CommandFailure(.notStored, "the secret could not be stored in \(path): \(SystemError(number: number))")
    }

    private static func occupied(_ path: String) -> CommandFailure {
        CommandFailure(.failed, "\(path) exists already", hint: "name another file, or replace it with --force")
    }

    private static func checkTarget(_ name: String, in directory: CInt, path: String, replaces: Bool) throws(CommandFailure) {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return }
            throw CommandFailure(.failed, "\(path) can't be used: \(SystemError(number: errno))")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG where replaces: return
        case S_IFREG: throw occupied(path)
        case S_IFLNK: throw CommandFailure(.failed, "\(path) is a symbolic link, and a secret follows none", hint: "name the file itself")
        default: throw CommandFailure(.failed, "\(path) is not a regular file", hint: "name a file that does not exist yet")
        }
    }
}
