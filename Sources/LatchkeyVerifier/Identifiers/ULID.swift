/// 128 bits as text that sorts as they do: 48 bits of milliseconds and 80 more, in 26 digits of Crockford's base 32.
package struct ULID: Sendable, Equatable {
    package static let digitCount = 26

    /// Since 1970; 48 bits.
    package var milliseconds: UInt64 = 0
    package var high: UInt16 = 0
    package var low: UInt64 = 0

    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    package init(milliseconds: UInt64 = 0, high: UInt16 = 0, low: UInt64 = 0) {
        self.milliseconds = milliseconds
        self.high = high
        self.low = low
    }

    /// `nil` unless the text is exactly what `text` makes of a value: capital digits, the first of them below 8.
    package init?(_ text: some Collection<UInt8>) {
        guard text.count == Self.digitCount else { return nil }
        var top: UInt64 = 0
        for (position, byte) in text.enumerated() {
            guard let digit = Self.digits.firstIndex(of: byte), position > 0 || digit < 8 else { return nil }
            top = top << 5 | low >> 59
            low = low << 5 | UInt64(digit)
        }
        milliseconds = top >> 16
        high = UInt16(truncatingIfNeeded: top)
    }

    /// Digits of five bits each, most significant first; the first digit holds three.
    package var text: String {
        let top = milliseconds << 16 | UInt64(high)
        return String(unsafeUninitializedCapacity: Self.digitCount) { buffer in
            for position in 0..<Self.digitCount {
                let shift = (Self.digitCount - 1 - position) * 5
                let bits: UInt64 =
                    if shift >= 64 {
                        top >> (shift - 64)
                    } else if shift > 59 {
                        low >> shift | top << (64 - shift)
                    } else {
                        low >> shift
                    }
                buffer[position] = Self.digits[Int(bits & 31)]
            }
            return Self.digitCount
        }
    }
}

extension ULID {
    /// All 128 bits as one number, which sorts as the text does.
    package var number: UInt128 { UInt128(milliseconds << 16 | UInt64(high)) << 64 | UInt128(low) }

    package init(number: UInt128) {
        let top = UInt64(truncatingIfNeeded: number >> 64)
        self.init(milliseconds: top >> 16, high: UInt16(truncatingIfNeeded: top), low: UInt64(truncatingIfNeeded: number))
    }

    /// The ULID of an id that is a prefix, such as `tok_`, and its 26 digits; `nil` for another text.
    package init?(id: String, prefix: String) {
        guard id.utf8.starts(with: prefix.utf8) else { return nil }
        self.init(id.utf8.dropFirst(prefix.utf8.count))
    }
}
