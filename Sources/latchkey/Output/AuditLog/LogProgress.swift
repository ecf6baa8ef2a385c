import Glibc

/// How far a look at the audit log is, on standard error, when a person is there to see it.
struct LogProgress {
    private let isShown = isatty(STDERR_FILENO) == 1
    private var shownAt = ContinuousClock.now
    private var width = 0

    mutating func set(_ done: UInt64, of extent: UInt64) {
        guard isShown, ContinuousClock.now - shownAt >= .milliseconds(250) else { return }
        shownAt = ContinuousClock.now
        show("\(done) of \(extent) entries")
    }

    /// Takes the line away again.
    mutating func clear() {
        guard width > 0 else { return }
        show("")
        _ = Descriptor.write([UInt8(ascii: "\r")].span, to: STDERR_FILENO)
        width = 0
    }

    private mutating func show(_ text: String) {
        let padding = String(repeating: " ", count: max(width - text.count, 0))
        _ = Descriptor.write(Array(("\r" + text + padding).utf8).span, to: STDERR_FILENO)
        width = text.count
    }
}
