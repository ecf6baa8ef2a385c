/// What somebody can make who knows how secrets are formed (contract §4), and none of them.
enum SecretForgery {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// Prefix and 43 digits, with the checksum that belongs to them.
    static func secret(_ body: String) -> String { body + base62(crc32(Array(body.utf8)), length: 6) }

    /// CRC-32 (IEEE), bit by bit.
    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    private static func base62(_ number: UInt32, length: Int) -> String {
        var rest = number
        var text: [Character] = []
        for _ in 0..<length {
            text.append(digits[Int(rest % 62)])
            rest /= 62
        }
        return String(text.reversed())
    }
}
