/// How far a backup is, on standard error, when a person is there to see it.
struct BackupProgress {
    private let doing: String
    private let expected: Int64?
    private var line: ProgressLine

    /// - Parameters:
    ///   - doing: what is being done, as the beginning of the line.
    ///   - expected: about how many bytes there will be.
    init(_ doing: String, expected: Int64?, on line: ProgressLine = ProgressLine()) {
        self.doing = doing
        self.expected = expected
        self.line = line
    }

    /// - Parameter count: bytes so far.
    mutating func set(_ count: Int64) {
        let whole = expected.map { " of about \(ExportProgress.size(max($0, count)))" } ?? ""
        line.set("\(doing): \(ExportProgress.size(count))\(whole)")
    }

    /// Takes the line away again.
    mutating func clear() { line.clear() }
}
