import Glibc
import LatchkeyServer

/// The settings file on disk.
enum ConfigurationFile {
    private static let longest = 65_536

    /// No settings when there is no path.
    ///
    /// - Throws: `.usage` when it can't be read, is no regular file, is longer than 64 KiB or not UTF-8; `ConfigurationError` for what it
    ///   says.
    static func read(_ path: String?) throws -> [Setting: String] {
        guard let path, !path.isEmpty else { return [:] }
        // Without waiting: opening a pipe that nobody writes to would block before it can be refused.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw CommandFailure(.usage, "the settings file \(path) can't be read: \(SystemError(number: errno))") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure(.usage, "the settings file \(path) is not a regular file")
        }
        let bytes: [UInt8]
        do {
            bytes = try Descriptor.read(file, limit: longest)
        } catch {
            throw CommandFailure(.usage, "the settings file \(path) can't be read: \(error)")
        }
        guard bytes.count <= longest else { throw CommandFailure(.usage, "the settings file \(path) is longer than 64 KiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.usage, "the settings file \(path) is not UTF-8")
        }
        return try SettingsFile.parse(text, name: path)
    }
}
