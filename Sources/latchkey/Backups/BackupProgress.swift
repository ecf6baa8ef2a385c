import Glibc

/// How far a backup is, on standard error, when a person is there to see it.
struct BackupProgress {
    private let isShown: Bool
    private let doing: String
    private let expected: Int64?
    private var shownAt = ContinuousClock.now
    private var width = 0
    private(set) var byteCount: Int64 = 0

    /// - Parameter expected: about how many bytes there will be.
    init(_ doing: String, expected: Int64?, isShown: Bool = isatty(STDERR_FILENO) == 1) {
        self.doing = doing
        self.expected = expected
        self.isShown = isShown
    }

    mutating func add(_ count: Int) { set(byteCount + Int64(count)) }

    mutating func set(_ count: Int64) {
        byteCount = count
        guard isShown, ContinuousClock.now - shownAt >= .milliseconds(250) else { return }
        shownAt = ContinuousClock.now
        let whole = expected.map { " of about \(ExportProgress.size(max($0, count)))" } ?? ""
        show("\(doing): \(ExportProgress.size(count))\(whole)")
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
