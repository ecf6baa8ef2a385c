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

    /// A word that somebody chose, on a line of others: in quotes when it could be taken for more than one word or for a verdict, so that a
    /// name can't write a line of its own.
    static func word(_ text: String) -> String {
        let shown = sentence(text)
        let isPlain = !shown.unicodeScalars.contains { isSpace($0) || $0 == "\"" } && !shown.isEmpty
        return isPlain && shown == text ? shown : "\"" + shown.replacing("\"", with: "\\\"") + "\""
    }

    /// As `squeezed`, with the marks of verdicts written out.
    static func sentence(_ text: String) -> String {
        var result = ""
        for scalar in squeezed(text).unicodeScalars {
            if marks.contains(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// As `text`, with one space for each run of them, so that no padding moves what follows to a line of its own.
    static func squeezed(_ text: String) -> String {
        var result = ""
        var wasSpace = false
        for scalar in Shown.text(text).unicodeScalars {
            let space = isSpace(scalar)
            if !space { result.unicodeScalars.append(scalar) } else if !wasSpace { result += " " }
            wasSpace = space
        }
        return result
    }

    /// What looks like a space: also the braille pattern without a dot, which is no space to Unicode.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace || scalar == "\u{2800}" }

    /// Check marks, crosses and bullets.
    private static let marks: Set<Unicode.Scalar> = [
        "\u{2022}", "\u{2705}", "\u{2611}", "\u{2612}", "\u{2713}", "\u{2714}", "\u{2715}", "\u{2716}", "\u{2717}", "\u{2718}", "\u{274C}",
        "\u{274E}",
        "\u{25CF}", "\u{25E6}",
    ]

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
