import Glibc

/// How far a backup is, on standard error, when a person is there to see it.
struct BackupProgress {
    private let doing: String
    private let expected: Int64?
    private var line: ProgressLine
    private(set) var byteCount: Int64 = 0

    /// - Parameter expected: about how many bytes there will be.
    init(_ doing: String, expected: Int64?, isShown: Bool = isatty(STDERR_FILENO) == 1) {
        self.doing = doing
        self.expected = expected
        line = ProgressLine(isShown: isShown)
    }

    mutating func add(_ count: Int) { set(byteCount + Int64(count)) }

    mutating func set(_ count: Int64) {
        byteCount = count
        let whole = expected.map { " of about \(ExportProgress.size(max($0, count)))" } ?? ""
        line.set("\(doing): \(ExportProgress.size(count))\(whole)")
    }

    /// Takes the line away again.
    mutating func clear() { line.clear() }
}
