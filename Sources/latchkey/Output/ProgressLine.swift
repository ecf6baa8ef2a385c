import Glibc

/// A line on standard error that tells how far something is, when a person is there to see it: written over itself, at most four times a second.
struct ProgressLine {
    private let isShown: Bool
    private let now: () -> ContinuousClock.Instant
    private let write: ([UInt8]) -> Void
    private var shownAt: ContinuousClock.Instant
    private var width = 0

    /// - Parameter write: shows bytes to whoever watches.
    init(
        isShown: Bool = isatty(STDERR_FILENO) == 1, now: @escaping () -> ContinuousClock.Instant = { .now },
        write: @escaping ([UInt8]) -> Void = { _ = Descriptor.write($0.span, to: STDERR_FILENO) }
    ) {
        self.isShown = isShown
        self.now = now
        self.write = write
        shownAt = now()
    }

    mutating func set(_ text: String) {
        guard isShown, now() - shownAt >= .milliseconds(250) else { return }
        shownAt = now()
        show(text)
    }

    /// Takes the line away again.
    mutating func clear() {
        guard width > 0 else { return }
        show("")
        write([UInt8(ascii: "\r")])
        width = 0
    }

    private mutating func show(_ text: String) {
        let padding = String(repeating: " ", count: max(width - text.count, 0))
        write(Array(("\r" + text + padding).utf8))
        width = text.count
    }
}
