import FoundationEssentials
import Glibc

/// Where results go (standard output) and where everything else goes (standard error).
enum Output {
    /// Whether a person is reading: then there are aligned columns with a header, else plain rows for other programs.
    static let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Colour is for terminals whose user did not turn it off (`NO_COLOR`, `TERM=dumb`).
    static let usesColour: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }()

    /// Writes to standard output. Throws `.closedOutput` when nobody reads it any more, and why otherwise.
    static func write(_ bytes: Span<UInt8>) throws(CommandFailure) {
        guard let number = Descriptor.write(bytes, to: STDOUT_FILENO) else { return }
        if number == EPIPE { throw .closedOutput }
        throw CommandFailure(.failed, "standard output can't be written: \(SystemError(number: number))")
    }

    /// A line for people; `text` has been escaped where it needs it.
    static func line(_ text: String) throws(CommandFailure) {
        try write(Array((text + "\n").utf8).span)
    }

    /// One JSON value and a newline.
    static func json(_ bytes: [UInt8]) throws(CommandFailure) {
        var shown = Shown.json(bytes)
        if shown.last != UInt8(ascii: "\n") { shown.append(UInt8(ascii: "\n")) }
        try write(shown.span)
    }

    /// A value as JSON, its members in the order of their names.
    static func sorted(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// A line on standard error, escaped. That nobody reads it changes nothing.
    static func note(_ text: String) {
        _ = Descriptor.write(Array((Shown.text(text) + "\n").utf8).span, to: STDERR_FILENO)
    }

    /// As `note`, without an end of line: the answer follows.
    static func prompt(_ text: String) {
        _ = Descriptor.write(Array(Shown.text(text).utf8).span, to: STDERR_FILENO)
    }

    /// A failure as people see it: what was wrong, and what to do.
    static func failure(_ failure: CommandFailure) {
        guard !failure.isSilent else { return }
        note("latchkey: \(Redacted.text(failure.message))")
        if let hint = failure.hint { note("hint: \(Redacted.text(hint))") }
    }
}
