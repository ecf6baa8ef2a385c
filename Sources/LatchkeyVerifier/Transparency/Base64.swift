import LatchkeyCrypto

/// The base64 of RFC 4648 §4, with padding, as signed notes have it. One text for each byte sequence: anything else gives `nil`.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let padding = String(repeating: "=", count: (3 - bytes.count % 3) % 3)
        return String(decoding: Base64URL.encode(bytes).utf8.map(plainDigit), as: UTF8.self) + padding
    }

    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let digits = text.filter { $0 != UInt8(ascii: "=") }
        guard let bytes = Base64URL.decode(digits.map(urlDigit)), encode(bytes).utf8.elementsEqual(text) else { return nil }
        return bytes
    }

    private static func plainDigit(_ digit: UInt8) -> UInt8 {
        switch digit {
        case UInt8(ascii: "-"): UInt8(ascii: "+")
        case UInt8(ascii: "_"): UInt8(ascii: "/")
        default: digit
        }
    }

    private static func urlDigit(_ digit: UInt8) -> UInt8 {
        switch digit {
        case UInt8(ascii: "+"): UInt8(ascii: "-")
        case UInt8(ascii: "/"): UInt8(ascii: "_")
        default: digit
        }
    }
}
