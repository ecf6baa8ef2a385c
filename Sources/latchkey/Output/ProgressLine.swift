import Glibc

/// A line on standard error that tells how far something is, when a person is there to see it: written over itself, at most four times a second.
struct ProgressLine {
    private let isShown: Bool
    private var shownAt = ContinuousClock.now
    private var width = 0

    init(isShown: Bool = isatty(STDERR_FILENO) == 1) { self.isShown = isShown }

    mutating func set(_ text: String) {
        guard isShown, ContinuousClock.now - shownAt >= .milliseconds(250) else { return }
        shownAt = ContinuousClock.now
        show(text)
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
