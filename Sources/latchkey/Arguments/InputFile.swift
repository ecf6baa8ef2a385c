import Glibc

/// A file that somebody brought along: a JWKS, a trust anchor, a trust bundle.
enum InputFile {
    /// - Parameter limit: what its reader takes at most. One byte more is read, so that it is the reader that says "too large".
    /// - Throws: `.failed` when it can't be read.
    static func read(_ path: String, limit: Int) throws(CommandFailure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CommandFailure(.failed, "\(path) can't be read: \(SystemError(number: errno))") }
        defer { close(file) }
        do {
            return try Descriptor.read(file, limit: limit)
        } catch {
            throw CommandFailure(.failed, "\(path) can't be read: \(error)")
        }
    }
}
