import Glibc

/// How far a backup is, on standard error, when a person is there to see it.
struct BackupProgress {
    private let isShown: Bool
    private let doing: String
    private let expected: Int64?
    private let now: () -> ContinuousClock.Instant
    private let write: ([UInt8]) -> Void
    private var shownAt: ContinuousClock.Instant
    private var width = 0
    private(set) var byteCount: Int64 = 0

    /// - Parameters:
    ///   - expected: about how many bytes there will be.
    ///   - write: shows bytes to whoever watches.
    init(
        _ doing: String, expected: Int64?, isShown: Bool = isatty(STDERR_FILENO) == 1,
        now: @escaping () -> ContinuousClock.Instant = { .now },
        write: @escaping ([UInt8]) -> Void = { _ = Descriptor.write($0.span, to: STDERR_FILENO) }
    ) {
        self.doing = doing
        self.expected = expected
        self.isShown = isShown
        self.now = now
        self.write = write
        shownAt = now()
    }

    mutating func add(_ count: Int) { set(byteCount + Int64(count)) }

    mutating func set(_ count: Int64) {
        byteCount = count
        guard isShown, now() - shownAt >= .milliseconds(250) else { return }
        shownAt = now()
        let whole = expected.map { " of about \(ExportProgress.size(max($0, count)))" } ?? ""
        show("\(doing): \(ExportProgress.size(count))\(whole)")
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
