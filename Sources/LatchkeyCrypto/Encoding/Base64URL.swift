/// The base64url encoding of JOSE (RFC 7515 §2, RFC 4648 §5): no padding, no line breaks.
///
/// Decoding is strict, so that every byte sequence has exactly one text: another character, a padding sign, a length that no
/// bytes have, or unused bits that are not zero all give `nil`.
package enum Base64URL {
    private static let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    private static let invalid: UInt8 = 0xFF

    /// The value of each digit by its character; `invalid` for all others.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for index in 0..<64 { values[Int(unsafe digits.utf8Start[index])] = UInt8(index) }
        return values
    }()

    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes.span) }

    package static func encode(_ bytes: Span<UInt8>) -> String {
        unsafe String(unsafeUninitializedCapacity: encodedCount(bytes.count)) { output in
            unsafe bytes.withUnsafeBufferPointer { unsafe write($0, to: output.baseAddress) }
        }
    }

    /// The text of a secret, in ordinary memory: for the one answer that gives it out.
    package static func encode(_ secret: Secret) -> String { secret.withBytes { encode($0) } }

    /// The text of a secret, in memory that is wiped as the secret's own is.
    package static func encoded(_ secret: Secret) -> Secret {
        secret.withBytes { bytes in
            Secret(count: encodedCount(bytes.count)) { text in
                _ = unsafe bytes.withUnsafeBufferPointer { input in
                    unsafe text.withUnsafeMutableBufferPointer { output in unsafe write(input, to: output.baseAddress) }
                }
            }
        }
    }

    package static func decode(_ text: String) -> [UInt8]? { decode(text.utf8) }

    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        unsafe text.withContiguousStorageIfAvailable { unsafe decode($0) }
            ?? Array(text).withUnsafeBufferPointer { unsafe decode($0) }
    }

    /// The number of characters that `count` bytes take.
    static func encodedCount(_ count: Int) -> Int { (count * 4 + 2) / 3 }

    /// Appends the text of `bytes` as ASCII.
    static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        let extra = unsafe [UInt8](unsafeUninitializedCapacity: encodedCount(bytes.count)) { output, count in
            unsafe count = bytes.withUnsafeBufferPointer { unsafe write($0, to: output.baseAddress) }
        }
        text.append(contentsOf: extra)
    }

    /// Writes `encodedCount` characters to `start` and gives their number back.
    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to start: UnsafeMutablePointer<UInt8>?) -> Int {
        guard let start = unsafe start else { return 0 }
        let digits = unsafe digits.utf8Start
        var output = unsafe start
        var index = 0
        while index + 3 <= bytes.count {
            let group = unsafe UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            unsafe output[0] = digits[Int(group >> 18)]
            unsafe output[1] = digits[Int(group >> 12 & 63)]
            unsafe output[2] = digits[Int(group >> 6 & 63)]
            unsafe output[3] = digits[Int(group & 63)]
            unsafe output += 4
            index += 3
        }
        let rest = bytes.count - index
        if rest > 0 {
            let group = unsafe UInt32(bytes[index]) << 16 | (rest == 2 ? UInt32(bytes[index + 1]) << 8 : 0)
            unsafe output[0] = digits[Int(group >> 18)]
            unsafe output[1] = digits[Int(group >> 12 & 63)]
            if rest == 2 { unsafe output[2] = digits[Int(group >> 6 & 63)] }
        }
        return encodedCount(bytes.count)
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let rest = text.count % 4
        guard rest != 1 else { return nil }
        let count = text.count / 4 * 3 + (rest == 0 ? 0 : rest - 1)
        // Collects all that was wrong; looked at once, at the end.
        var wrong: UInt32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { output, written in
            unsafe values.withUnsafeBufferPointer { values in
                func value(_ index: Int) -> UInt32 { unsafe UInt32(values[Int(text[index])]) }
                var next = 0
                for group in 0..<text.count / 4 {
                    let (a, b, c, d) = (value(group * 4), value(group * 4 + 1), value(group * 4 + 2), value(group * 4 + 3))
                    wrong |= (a | b | c | d) & 0x80
                    let bits = a << 18 | b << 12 | c << 6 | d
                    unsafe output[next] = UInt8(truncatingIfNeeded: bits >> 16)
                    unsafe output[next + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                    unsafe output[next + 2] = UInt8(truncatingIfNeeded: bits)
                    next += 3
                }
                if rest > 0 {
                    let start = text.count - rest
                    let (a, b, c) = (value(start), value(start + 1), rest == 3 ? value(start + 2) : 0)
                    let bits = a << 18 | b << 12 | c << 6
                    wrong |= (a | b | c) & 0x80 | (rest == 2 ? b & 0x0F : c & 0x03)
                    unsafe output[next] = UInt8(truncatingIfNeeded: bits >> 16)
                    if rest == 3 { unsafe output[next + 1] = UInt8(truncatingIfNeeded: bits >> 8) }
                }
            }
            written = count
        }
        return wrong == 0 ? bytes : nil
    }
}
