import FoundationEssentials
import Glibc
import LatchkeyAuthority
import LatchkeyCrypto

/// The API key that a command calls with, in a file of its user's own.
enum APIKeyFile {
    private static let longest = 4096
    /// `lk_`, 43 digits and 6 of checksum (contract §4).
    private static let length = 52

    /// The key without the newline at its end.
    ///
    /// - Throws: `.usage` when it can't be read, is no regular file, is open to others, or holds anything but one API key.
    static func read(_ path: String) throws(CommandFailure) -> Secret {
        // Without waiting: opening a pipe that nobody writes to would block before it can be refused.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw CommandFailure(.usage, "the API key's file \(path) can't be read: \(SystemError(number: errno))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure(.usage, "the API key's file \(path) is not a regular file")
        }
        guard status.st_mode & forbiddenMode(path) == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw CommandFailure(
                .usage, "the API key's file \(path) has the mode \(mode), with which others may use it; it was not read",
                hint: "chmod 600 \(ShellWord.quoted(path))")
        }
        var bytes: [UInt8]
        do {
            bytes = try Descriptor.read(file, limit: longest)
        } catch {
            throw CommandFailure(.usage, "the API key's file \(path) can't be read: \(error)")
        }
        defer { bytes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        let count = bytes.last == UInt8(ascii: "\n") ? bytes.count - 1 : bytes.count
        guard count == length, bytes.starts(with: "lk_".utf8), bytes[3..<count].allSatisfy(isDigit) else {
            throw CommandFailure(
                .usage, "the file \(path) does not hold an API key: lk_ and 49 letters and digits, perhaps a newline, and nothing else",
                hint: "make one with: latchkey api-keys mint --name NAME --scope SCOPE --to-file PATH")
        }
        return Secret(count: count) { span in
            for index in span.indices { span[index] = bytes[index] }
        }
    }

    /// A service manager gives its service access to a credential through an ACL, whose mask shows as the group's right to read.
    private static func forbiddenMode(_ path: String) -> mode_t {
        let directory = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] ?? ""
        return !directory.isEmpty && path.hasPrefix(directory + "/") ? 0o037 : 0o077
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }
}
