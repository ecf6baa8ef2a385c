/// What may be told of what a program said that was given a secret.
///
/// A secret can be written down in more ways than anybody can look for. So of a program that has taken any of it, no word is repeated: only
/// the complaints that stand here are told, in the words that stand here. A program that has taken nothing has nothing to tell.
enum CommandWords {
    /// The longest line that is repeated, in characters.
    static let longest = 200

    /// What usually stops a program that stores a secret. They are told in this order, and two of them at most.
    static let complaints = [
        "permission denied", "operation not permitted", "not permitted", "no such file or directory", "no space left on device",
        "read-only file system", "disk quota exceeded", "file too large", "is a directory", "not a directory", "already exists",
        "connection refused", "connection reset", "connection timed out", "timed out", "network is unreachable", "no route to host",
        "name or service not known", "temporary failure in name resolution", "could not resolve host", "no such host", "certificate",
        "not logged in", "auth login", "authentication required", "authentication failed", "bad credentials", "unauthorized", "forbidden",
        "access denied", "http 400", "http 401", "http 403", "http 404", "http 409", "http 422", "http 429", "http 500", "http 502",
        "http 503", "rate limit", "command not found", "not found", "not installed", "no public key", "no secret key",
        "unusable public key",
        "password store is empty", "unknown command", "unknown flag", "unknown option", "unrecognized option", "invalid option",
        "invalid argument", "syntax error", "usage:", "inappropriate ioctl for device", "not a tty", "no such device or address",
    ]

    /// `nil` when there is nothing to tell.
    static func summary(of outcome: ChildProcess.Outcome) -> String? {
        guard outcome.words.contains(where: { !isSpace($0) }) else { return nil }
        guard outcome.taken == .nothing else { return complaint(in: outcome.words) }
        guard outcome.words.allSatisfy({ (0x20...0x7E).contains($0) || $0 >= 0x80 || isSpace($0) }) else {
            return "what it wrote is no text"
        }
        let line = outcome.words.split { $0 == 0x0A || $0 == 0x0D }.last { $0.contains { !isSpace($0) } } ?? []
        let text = String(decoding: line, as: UTF8.self)
        return "its last words: " + (text.count > longest ? String(text.prefix(longest)) + "…" : text)
    }

    private static func complaint(in words: [UInt8]) -> String {
        let text = String(decoding: words, as: UTF8.self).lowercased()
        let said = complaints.lazy.filter { text.contains($0) }.prefix(2).map { "\"\($0)\"" }
        let known =
            said.isEmpty ? "what it wrote is not shown" : "it complained of \(said.joined(separator: " and ")); the rest is not shown"
        return known + ", because it had the secret (to see it, run the command with something else on its standard input)"
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
