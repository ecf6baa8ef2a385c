/// Reads runs of base64 and base64url (RFC 4648), from each of the four places where a group may begin, for the secrets in what they say:
/// the `data` of a Kubernetes secret, the header of HTTP's basic authentication.
struct Base64Reader {
    /// The last four characters, six bits each, the latest one lowest.
    private var bits: UInt32 = 0
    /// How many characters the run has had.
    private var count = 0
    /// Where the last four characters stood.
    private var offsets: (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
    /// Of each place to begin at, what is read of its groups.
    private var readers = [SecretReader](repeating: SecretReader(), count: 4)

    mutating func take(_ byte: UInt8, offset: Int64, line: Int64, _ found: (SecretScanner.Finding) -> Void) {
        guard let value = Self.value(of: byte) else { return end(line: line, found) }
        bits = bits << 6 & 0xFF_FFFF | value
        offsets = (offsets.1, offsets.2, offsets.3, offset)
        count += 1
        guard count >= 4 else { return }
        read(bits >> 16, count, offsets.0, line, found)
        read(bits >> 8, count, offsets.0, line, found)
        read(bits, count, offsets.0, line, found)
    }

    /// Ends the run: two or three characters that are left over say one or two bytes.
    mutating func end(line: Int64, _ found: (SecretScanner.Finding) -> Void) {
        guard count > 0 else { return }
        if count >= 4 {
            read(bits >> 4, count + 2, offsets.2, line, found)
            read(bits >> 10, count + 1, offsets.1, line, found)
            read(bits >> 2, count + 1, offsets.1, line, found)
            for index in readers.indices { readers[index].reset() }
        }
        bits = 0
        count = 0
    }

    /// - Parameter group: which of the four places it belongs to, and any multiple of four more.
    private mutating func read(
        _ bits: UInt32, _ group: Int, _ offset: Int64, _ line: Int64, _ found: (SecretScanner.Finding) -> Void
    ) {
        let byte = UInt8(truncatingIfNeeded: bits)
        if byte != 0 { readers[group % 4].take(byte, offset: offset, line: line, found) }
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) + 4
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
