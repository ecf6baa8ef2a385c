import LatchkeyCrypto

/// API keys that look like ones.
enum SecretForms {
    /// Of the right form, checksum included.
    static func unknownKey(prefix: String = "lk_") throws -> String {
        let body = Array(prefix.utf8) + (try Base62.encode(Random.bytes(32), width: 43))
        let checksum = CRC32.ieee(body)
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * $0)) }
        return String(decoding: body + (try Base62.encode(bytes, width: 6)), as: UTF8.self)
    }

    static func withOtherChecksum(_ secret: String) -> String { String(secret.dropLast()) + (secret.last == "0" ? "1" : "0") }
}
