/// Finds Latchkey's secrets in any bytes, piece by piece, in bounded memory: what begins with `lk_` or `lkr_`, goes on as a secret does, and
/// whose checksum is good. One look-alike in four thousand million gets through.
///
/// What stands before and behind a secret does not matter: it is found inside a URL, a quoted string with escapes, or a longer word. Zero
/// bytes are passed over, so that text in UTF-16 is read as well.
package struct SecretScanner {
    /// A secret that was found. It does not hold the secret itself.
    package struct Finding: Sendable, Equatable {
        package enum Kind: String, Sendable, CaseIterable {
            case apiKey = "api_key"
            case refreshToken = "refresh_token"
        }

        package let kind: Kind
        /// Its first 11 characters, by which an API key is known to the daemon.
        package let prefix: String
        /// Where it begins, in bytes from the start, the first being 0.
        package let offset: Int64
        /// In which line it begins, the first being 1.
        package let line: Int64
    }

    private static let underscore = UInt8(ascii: "_")
    private static let digits = CheckedSecret.digits + CheckedSecret.checksumDigits
    /// What people see of a secret, in characters (contract §4).
    private static let shown = 11

    private var offset: Int64 = 0
    private var line: Int64 = 1
    /// The last three bytes, with where they stood: what a secret's underscore follows.
    private var before: [(byte: UInt8, offset: Int64)] = [(0, 0), (0, 0), (0, 0)]
    /// What may become a secret, from its `l` on; empty when nothing does.
    private var candidate: [UInt8] = []
    private var kind = Finding.Kind.apiKey
    private var start: (offset: Int64, line: Int64) = (0, 1)

    package init() { candidate.reserveCapacity(64) }

    /// Reads the next piece.
    ///
    /// - Parameter found: called with each secret that ends in it.
    package mutating func scan(_ bytes: Span<UInt8>, found: (Finding) -> Void) {
        for index in bytes.indices { take(bytes[index], found) }
    }

    private mutating func take(_ byte: UInt8, _ found: (Finding) -> Void) {
        defer { offset += 1 }
        if byte == 0 { return }
        if byte == Self.underscore {
            begin()
        } else if !candidate.isEmpty {
            extend(byte, found)
        }
        if byte == 0x0A { line += 1 }
        before[0] = before[1]
        before[1] = before[2]
        before[2] = (byte, offset)
    }

    /// An underscore is no digit: it ends what was there, and may be a secret's own, the one behind `lk` or `lkr`.
    private mutating func begin() {
        drop()
        let bytes = before.map(\.byte)
        if bytes.elementsEqual("lkr".utf8) {
            kind = .refreshToken
            start = (before[0].offset, line)
        } else if bytes.dropFirst().elementsEqual("lk".utf8) {
            kind = .apiKey
            start = (before[1].offset, line)
        } else {
            return
        }
        candidate.append(contentsOf: kind == .apiKey ? "lk_".utf8 : "lkr_".utf8)
    }

    private mutating func extend(_ byte: UInt8, _ found: (Finding) -> Void) {
        guard Self.isDigit(byte) else { return drop() }
        candidate.append(byte)
        let head = kind == .apiKey ? 3 : 4
        guard candidate.count == head + Self.digits else { return }
        let isSecret =
            CheckedSecret.hash(
                presented: String(decoding: candidate, as: UTF8.self), prefix: kind == .apiKey ? "lk_" : "lkr_") != nil
        let prefix = String(decoding: candidate[..<Self.shown], as: UTF8.self)
        drop()
        if isSecret { found(Finding(kind: kind, prefix: prefix, offset: start.offset, line: start.line)) }
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
