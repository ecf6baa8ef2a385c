import LatchkeyCrypto

/// A secret with a checksum: a prefix, 256 random bits as 43 base62 digits, and the CRC-32 of all before it as 6 digits (contract §4). The
/// checksum lets a look-alike be told without asking anybody.
struct CheckedSecret {
    let text: Secret

    var hash: [UInt8] { SHA256.hash(text) }

    static let digits = 43
    static let checksumDigits = 6

    static func make(prefix: StaticString) throws -> CheckedSecret {
        let body = try Base62.encode(Random.secret(32), width: digits)
        var bytes = Array(prefix.description.utf8)
        bytes.reserveCapacity(64)
        body.withBytes { for index in $0.indices { bytes.append($0[index]) } }
        bytes.append(contentsOf: checksum(of: bytes.span))
        defer { for index in bytes.indices { bytes[index] = 0 } }
        return CheckedSecret(text: Secret(copying: bytes))
    }

    /// `nil` for anything but the prefix, 43 digits and the checksum of both.
    init?(presented: String, prefix: StaticString) {
        var bytes = Array(presented.utf8)
        defer { for index in bytes.indices { bytes[index] = 0 } }
        guard Self.isWellFormed(bytes, prefix) else { return nil }
        text = Secret(copying: bytes)
    }

    private init(text: Secret) { self.text = text }

    /// The SHA-256 of a presented secret, when it is well-formed: all that a look-up needs, without a copy in protected memory.
    static func hash(presented: String, prefix: StaticString) -> [UInt8]? {
        var bytes = Array(presented.utf8)
        defer { for index in bytes.indices { bytes[index] = 0 } }
        return isWellFormed(bytes, prefix) ? SHA256.hash(bytes) : nil
    }

    private static func isWellFormed(_ bytes: [UInt8], _ prefix: StaticString) -> Bool {
        let head = prefix.utf8CodeUnitCount
        let body = head + digits
        guard bytes.count == body + checksumDigits, prefix.withUTF8Buffer({ bytes.starts(with: $0) }),
            bytes[head..<body].allSatisfy(isDigit)
        else {
            return false
        }
        return ConstantTime.equal(checksum(of: bytes.span.extracting(0..<body)), Array(bytes[body...]))
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// CRC-32 (IEEE) as base62 digits, left-padded.
    private static func checksum(of bytes: Span<UInt8>) -> [UInt8] {
        var sum = Int(CRC32.ieee(bytes))
        var text = [UInt8](repeating: alphabet[0], count: checksumDigits)
        for position in (0..<checksumDigits).reversed() {
            text[position] = alphabet[sum % 62]
            sum /= 62
        }
        return text
    }
}
