/// One entry of the journal in systemd's native protocol: fields, each on a line, or, when its value has lines of its own, with its length
/// before it. So no value can begin a field of its own.
package struct JournalEntry: Sendable {
    private static let prefix = "LATCHKEY_"
    /// Bytes of a field's name; the journal drops a field whose name is longer.
    private static let longestName = 64

    package private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - priority: as syslog counts, 0 to 7.
    ///   - message: for people, one line.
    package init(priority: Int, message: String) {
        append("PRIORITY", String(priority))
        append("SYSLOG_IDENTIFIER", "latchkey")
        append("MESSAGE", message)
    }

    /// A field of our own: `requestId` is `LATCHKEY_REQUEST_ID`.
    package mutating func add(_ name: String, _ value: String) { append(Self.prefix + Self.name(name), value) }

    private mutating func append(_ name: String, _ value: String) {
        bytes += name.utf8
        if value.utf8.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            let count = UInt64(value.utf8.count)
            for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += value.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    /// In the journal's alphabet: capitals, digits and underscores, at most 64 with the prefix.
    private static func name(_ name: String) -> String {
        var result = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                result += "_"
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "a")...UInt8(ascii: "z"):
                result.unicodeScalars.append(Unicode.Scalar(byte - 32))
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += "_"
            }
        }
        return String(result.prefix(longestName - prefix.utf8.count))
    }
}
