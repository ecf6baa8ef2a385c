import LatchkeyCrypto

/// The names of files that are not finished: hidden, and nobody else's. Whoever makes one holds its lock (flock) as long as the file is wanted; one
/// without is what a killed process left.
enum TemporaryName {
    private static let prefix = ".latchkey-"

    /// - Throws: `.failed` when there is no randomness.
    static func make() throws(CommandFailure) -> String {
        do {
            return prefix + Base64URL.encode(try Random.bytes(12))
        } catch {
            throw CommandFailure(.failed, error.message)
        }
    }

    /// Whether this is such a name.
    static func isOne(_ name: String) -> Bool { name.hasPrefix(prefix) && name.utf8.count == prefix.utf8.count + 16 }
}
