import Glibc
import LatchkeyAuthority
import LatchkeyCrypto

/// The secret of an old issuer, any bytes, in a file of its user's own: whoever can read it can sign with it.
enum LegacySecretFile {
    private static let longest = 1024

    /// The file without one end of line, LF or CRLF, at its end.
    ///
    /// - Throws: `.failed` when it can't be read, is no regular file, is open to others, is empty, or is longer than 1024 bytes.
    static func read(_ path: String) throws(CommandFailure) -> Secret {
        // Without waiting: opening a pipe that nobody writes to would block before it can be refused.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(path, "can't be read: \(SystemError(number: errno))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw failure(path, "is not a regular file") }
        guard status.st_mode & 0o077 == 0 else {
            throw CommandFailure(
                .failed, "the legacy secret's file \(path) can be used by others, who could sign with it; it was not read",
                hint: "chmod 600 \(ShellWord.quoted(path))")
        }
        var bytes: [UInt8]
        do {
            bytes = try Descriptor.read(file, limit: longest + 2)
        } catch {
            throw failure(path, "can't be read: \(error)")
        }
        defer { bytes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        var count = bytes.count
        if bytes.last == 0x0A {
            count -= 1
            if count > 0, bytes[count - 1] == 0x0D { count -= 1 }
        }
        guard (1...longest).contains(count) else { throw failure(path, "must hold the secret alone, 1 to \(longest) bytes") }
        return Secret(count: count) { span in
            for index in span.indices { span[index] = bytes[index] }
        }
    }

    private static func failure(_ path: String, _ what: String) -> CommandFailure {
        CommandFailure(.failed, "the legacy secret's file \(path) \(what)")
    }
}
