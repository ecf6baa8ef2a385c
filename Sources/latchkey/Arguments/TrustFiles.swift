import Glibc
import LatchkeyVerifier

/// The two files that a verifier without a network holds.
enum TrustFiles {
    /// Bytes: more than any anchor's file has, so that a longer one is told to be none.
    private static let longestAnchor = 4096

    /// - Throws: `.failed` when the file can't be read, `.unverified` when it holds no anchor.
    static func anchor(_ path: String) throws(CommandFailure) -> TrustAnchor {
        let bytes = try read(path, limit: longestAnchor)
        do {
            return try TrustAnchor(pem: bytes)
        } catch {
            throw CommandFailure(.unverified, "\(path): \(error.message)")
        }
    }

    /// - Throws: `.failed` when the file can't be read, `.unverified` when it is no bundle.
    static func bundle(_ path: String) throws(CommandFailure) -> TrustBundle {
        let bytes = try read(path, limit: TrustBundle.greatestSize)
        do {
            return try TrustBundle(reading: bytes)
        } catch {
            throw CommandFailure(.unverified, "\(error.reason.rawValue): \(path): \(error.message)")
        }
    }

    private static func read(_ path: String, limit: Int) throws(CommandFailure) -> [UInt8] {
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
