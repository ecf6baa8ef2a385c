import Glibc

/// A JWKS on disk.
enum JWKSFile {
    /// What the verifier takes at most, and one byte: it is the verifier that says "too large".
    private static let longest = 1 << 20

    /// - Throws: `.failed` when it can't be read.
    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CommandFailure(.failed, "\(path) can't be read: \(SystemError(number: errno))") }
        defer { close(file) }
        do {
            return try Descriptor.read(file, limit: longest)
        } catch {
            throw CommandFailure(.failed, "\(path) can't be read: \(error)")
        }
    }
}
