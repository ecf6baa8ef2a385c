/// Text as it may be printed: whatever could move a cursor, hide, or turn the text around it is written out as an escape.
///
/// The daemon takes no such text in; what the command line prints may come from an older store, a token of somebody else's, or the user.
enum Shown {
    /// For people: `\u{1B}` in place of the character.
    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// The same JSON value, in bytes that are safe on a terminal. JSON allows such characters inside strings only, where `\u001B` says the
    /// same.
    static func json(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x0A }) { return bytes }
        var shown: [UInt8] = []
        shown.reserveCapacity(bytes.count + 64)
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar == "\n" || scalar == "\t" || scalar == "\r" || !isUnsafe(scalar) {
                shown.append(contentsOf: UTF8.encode(scalar)!)
            } else {
                for unit in UTF16.encode(scalar)! {
                    let digits = String(unit, radix: 16)
                    shown.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
                }
            }
        }
        return shown
    }

    /// Controls, line separators, bidirectional and zero-width characters, and what else has no shape of its own.
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return true
        default: return scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.isNoncharacterCodePoint
        }
    }
}
