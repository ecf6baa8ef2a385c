/// The CRC-32 of IEEE 802.3 (polynomial 0x04C11DB7, reflected), as in zlib: finds typing errors, protects nothing.
package enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    package static func ieee(_ bytes: [UInt8]) -> UInt32 { ieee(bytes.span) }

    package static func ieee(_ secret: Secret) -> UInt32 { secret.withBytes { ieee($0) } }

    package static func ieee(_ bytes: Span<UInt8>) -> UInt32 {
        var value = UInt32.max
        for index in bytes.indices {
            value = table[Int((value ^ UInt32(bytes[index])) & 0xFF)] ^ value >> 8
        }
        return ~value
    }
}
