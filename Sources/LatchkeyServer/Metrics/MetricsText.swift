/// Writes figures in Prometheus' text format, version 0.0.4.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String {
        case counter, gauge, histogram
    }

    private(set) var bytes: [UInt8] = []

    /// Begins a family: its samples follow.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        line("# HELP \(name) \(help)")
        line("# TYPE \(name) \(kind.rawValue)")
    }

    mutating func sample(_ name: String, _ value: Int, _ labels: [(String, String)] = []) {
        line("\(name)\(Self.text(labels)) \(value)")
    }

    mutating func sample(_ name: String, seconds nanoseconds: Int, _ labels: [(String, String)] = []) {
        line("\(name)\(Self.text(labels)) \(Self.seconds(nanoseconds))")
    }

    /// A whole family of one sample.
    mutating func single(_ name: String, _ kind: Kind, _ value: Int, _ help: String) {
        family(name, kind, help)
        sample(name, value)
    }

    /// - Parameter isTime: whether the values are nanoseconds, which are told as seconds.
    mutating func histogram(_ name: String, _ histogram: Histogram, isTime: Bool = true, _ labels: [(String, String)] = []) {
        let reading = histogram.reading
        for (bound, count) in zip(histogram.bounds, reading.cumulative) {
            sample(name + "_bucket", count, labels + [("le", isTime ? Self.seconds(bound) : String(bound))])
        }
        let count = reading.cumulative.last ?? 0
        sample(name + "_bucket", count, labels + [("le", "+Inf")])
        if isTime { sample(name + "_sum", seconds: reading.sum, labels) } else { sample(name + "_sum", reading.sum, labels) }
        sample(name + "_count", count, labels)
    }

    private mutating func line(_ text: String) {
        bytes += text.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func seconds(_ nanoseconds: Int) -> String { String(Double(nanoseconds) / 1_000_000_000) }

    private static func text(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
