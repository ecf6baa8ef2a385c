import Glibc
import LatchkeyVerifier

/// How far a long export is, on standard error, when a person is there to see it.
struct ExportProgress {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let started = ContinuousClock.now
    private var line = ProgressLine()
    private var counter: EntryCounter
    private(set) var byteCount: Int64 = 0

    init(_ format: ExportFormat) { counter = EntryCounter(format) }

    mutating func add(_ bytes: [UInt8]) {
        byteCount += Int64(bytes.count)
        guard isShown else { return }
        counter.add(bytes)
        let seconds = max((ContinuousClock.now - started) / .seconds(1), 0.001)
        line.set("\(Self.size(byteCount))  \(counter.count) entries  \(Int64(Double(counter.count) / seconds)) entries/s")
    }

    /// Takes the line away again.
    mutating func clear() { line.clear() }

    static func size(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 { return unit == "B" ? "\(bytes) B" : "\(Double(Int64(value * 10)) / 10) \(unit)" }
            value /= 1000
        }
        return "\(Double(Int64(value * 10)) / 10) TB"
    }
}

/// Counts the entries of an export as its bytes go by, wherever they are cut.
struct EntryCounter {
    private let format: ExportFormat
    private var isQuoted = false
    private var isEscaped = false
    private var depth = 0
    private var seen = 0

    init(_ format: ExportFormat) { self.format = format }

    /// Of CSV the header row is no entry.
    var count: Int { format == .csv ? max(seen - 1, 0) : seen }

    mutating func add(_ bytes: [UInt8]) {
        for byte in bytes {
            if isQuoted {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\"), format == .json {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted = false
                }
                continue
            }
            switch (byte, format) {
            case (UInt8(ascii: "\""), _): isQuoted = true
            case (0x0A, .csv): seen += 1
            case (UInt8(ascii: "{"), .json): depth += 1
            case (UInt8(ascii: "}"), .json):
                depth -= 1
                if depth == 0 { seen += 1 }
            default: break
            }
        }
    }
}
