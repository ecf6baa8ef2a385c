import COpenSSL

/// Numbers in base 62, digits `0-9A-Za-z`, padded on the left with `0` to a fixed width.
package enum Base62 {
    /// The ASCII digits of a big-endian number. 32 bytes fit 43 digits, 4 bytes fit 6.
    ///
    /// Throws `.invalidArgument` when the number needs more than `width` digits, or `width` is negative.
    package static func encode(_ bigEndian: [UInt8], width: Int) throws(CryptoError) -> [UInt8] {
        try check(width)
        var text = [UInt8](repeating: 0, count: width)
        var span = text.mutableSpan
        try write(bigEndian.span, to: &span)
        return text
    }

    /// As above; neither the number nor its digits are left in memory outside the two secrets.
    package static func encode(_ bigEndian: Secret, width: Int) throws(CryptoError) -> Secret {
        try check(width)
        return try Secret(count: width) { (span) throws(CryptoError) in
            try bigEndian.withBytes { (number) throws(CryptoError) in try write(number, to: &span) }
        }
    }

    /// Five digits are taken off in one long division, because 62^5 is the largest power that fits a limb.
    private static let digitsPerDivision = 5
    private static let divisor: UInt64 = 62 * 62 * 62 * 62 * 62

    private static func check(_ width: Int) throws(CryptoError) {
        guard width >= 0 else { throw CryptoError(.invalidArgument, "a number can't have \(width) digits") }
    }

    private static func write(_ number: Span<UInt8>, to text: inout MutableSpan<UInt8>) throws(CryptoError) {
        let limbCount = (number.count + 3) / 4
        let fits = unsafe text.withUnsafeMutableBufferPointer { text in
            unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: limbCount) { limbs in
                defer { unsafe OPENSSL_cleanse(limbs.baseAddress, limbCount * MemoryLayout<UInt32>.stride) }
                unsafe limbs.initialize(repeating: 0)
                for index in number.indices {
                    let place = number.count - 1 - index
                    unsafe limbs[limbCount - 1 - place / 4] |= UInt32(number[index]) << (place % 4 * 8)
                }
                var end = text.count
                while end > 0 {
                    var remainder = unsafe divide(limbs)
                    for _ in 0..<min(digitsPerDivision, end) {
                        end -= 1
                        unsafe text[end] = character(remainder % 62)
                        remainder /= 62
                    }
                    if remainder > 0 { return false }
                }
                return unsafe limbs.allSatisfy { $0 == 0 }
            }
        }
        guard fits else { throw CryptoError(.invalidArgument, "the number doesn't fit \(text.count) base62 digits") }
    }

    /// Divides the big-endian limbs in place and gives the remainder back.
    private static func divide(_ limbs: UnsafeMutableBufferPointer<UInt32>) -> UInt64 {
        var remainder: UInt64 = 0
        for index in limbs.indices {
            let value = unsafe remainder << 32 | UInt64(limbs[index])
            unsafe limbs[index] = UInt32(value / divisor)
            remainder = value % divisor
        }
        return remainder
    }

    private static func character(_ digit: UInt64) -> UInt8 {
        let digit = UInt8(truncatingIfNeeded: digit)
        return switch digit {
        case ..<10: 0x30 + digit
        case ..<36: 0x41 + (digit - 10)
        default: 0x61 + (digit - 36)
        }
    }
}
