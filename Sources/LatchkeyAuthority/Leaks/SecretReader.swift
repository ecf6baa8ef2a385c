import LatchkeyCrypto

/// Tells secrets from all else, byte by byte.
struct SecretReader {
    private static let underscore = UInt8(ascii: "_")
    private static let digits = CheckedSecret.digits + CheckedSecret.checksumDigits
    /// What people see of a secret, in characters (contract §4).
    private static let shown = 11

    /// The last three bytes, the latest one lowest, and where they stood: a secret's underscore follows `lk` or `lkr`.
    private var before: UInt32 = 0
    private var offsets: (Int64, Int64, Int64) = (0, 0, 0)
    /// What may become a secret, from its `l` on; empty when nothing does.
    private var candidate: [UInt8] = []
    private var kind = SecretScanner.Finding.Kind.apiKey
    private var start: (offset: Int64, line: Int64) = (0, 1)

    mutating func take(_ byte: UInt8, offset: Int64, line: Int64, _ found: (SecretScanner.Finding) -> Void) {
        if byte == Self.underscore {
            begin(line)
        } else if !candidate.isEmpty {
            extend(byte, found)
        }
        before = before << 8 & 0xFF_FFFF | UInt32(byte)
        offsets = (offsets.1, offsets.2, offset)
    }

    /// Forgets all that it has read.
    mutating func reset() {
        before = 0
        drop()
    }

    /// An underscore is no digit: it ends what was there, and may be a secret's own, the one behind `lk` or `lkr`.
    private mutating func begin(_ line: Int64) {
        drop()
        if before == 0x6C_6B72 {
            kind = .refreshToken
            start = (offsets.0, line)
        } else if before & 0xFFFF == 0x6C6B {
            kind = .apiKey
            start = (offsets.1, line)
        } else {
            return
        }
        candidate.append(contentsOf: kind == .apiKey ? "lk_".utf8 : "lkr_".utf8)
    }

    private mutating func extend(_ byte: UInt8, _ found: (SecretScanner.Finding) -> Void) {
        guard Self.isDigit(byte) else { return drop() }
        candidate.append(byte)
        let head = kind == .apiKey ? 3 : 4
        guard candidate.count == head + Self.digits else { return }
        let hash = CheckedSecret.hash(presented: String(decoding: candidate, as: UTF8.self), prefix: kind == .apiKey ? "lk_" : "lkr_")
        let prefix = String(decoding: candidate[..<Self.shown], as: UTF8.self)
        let secret = hash == nil ? nil : Secret(copying: candidate.span)
        drop()
        guard let secret, let hash else { return }
        found(.init(kind: kind, prefix: prefix, offset: start.offset, line: start.line, secret: secret, hash: hash))
    }

    /// Forgets what may have been a secret, and wipes it.
    private mutating func drop() {
        guard !candidate.isEmpty else { return }
        for index in candidate.indices { candidate[index] = 0 }
        candidate.removeAll(keepingCapacity: true)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
