import LatchkeyCrypto

/// A secret with a checksum: a prefix, 256 random bits as 43 base62 digits, and the CRC-32 of all before it as 6 digits (contract §4). The checksum
/// lets a look-alike be told without asking anybody.
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
        try bytes.append(contentsOf: checksum(of: bytes))
        defer { for index in bytes.indices { bytes[index] = 0 } }
        return CheckedSecret(text: Secret(copying: bytes))
    }

    /// `nil` for anything but the prefix, 43 digits and the checksum of both.
    init?(presented: String, prefix: StaticString) {
        let bytes = Array(presented.utf8)
        let head = prefix.utf8CodeUnitCount
        guard bytes.count == head + Self.digits + Self.checksumDigits, bytes.starts(with: Array(prefix.description.utf8)) else { return nil }
        let body = Array(bytes.dropLast(Self.checksumDigits))
        guard body[head...].allSatisfy(Self.isDigit), let sum = try? Self.checksum(of: body),
            ConstantTime.equal(sum, Array(bytes.suffix(Self.checksumDigits)))
        else { return nil }
        text = Secret(copying: bytes)
    }

    private init(text: Secret) { self.text = text }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func checksum(of bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
        let sum = CRC32.ieee(bytes)
        return try Base62.encode([UInt8(sum >> 24), UInt8(sum >> 16 & 255), UInt8(sum >> 8 & 255), UInt8(sum & 255)], width: checksumDigits)
    }
}
