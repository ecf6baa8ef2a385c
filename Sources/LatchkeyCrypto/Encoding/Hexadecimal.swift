/// Bytes as two digits each.
package enum Hexadecimal {
    /// In lower-case digits.
    package static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
