import LatchkeyCrypto

/// What may be told of what a program said that was given a secret: its last line, when nothing of the secret is in it.
///
/// The secret is looked for as it is, backwards, and as the usual tools write bytes down (hexadecimal, octal, decimal, base32, base64),
/// with whatever stands between their characters, in either case. When six characters in a row are found, nothing at all is told: what
/// was found once may be there in a form that is not known here, too.
enum CommandWords {
    /// The longest line that is told, in characters.
    static let longest = 200
    private static let window = 6

    /// `nil` when the program said nothing.
    static func summary(of words: [UInt8], secret: Secret) -> String? {
        guard words.contains(where: { !isSpace($0) }) else { return nil }
        guard words.allSatisfy({ (0x20...0x7E).contains($0) || $0 >= 0x80 || isSpace($0) }) else { return "what it wrote is no text" }
        guard !holds(secret, words) else { return "what it wrote is not shown: the secret was in it" }
        let line = words.split { $0 == 0x0A || $0 == 0x0D }.last { $0.contains { !isSpace($0) } } ?? []
        let text = String(decoding: line, as: UTF8.self)
        return "its last words: " + (text.count > longest ? String(text.prefix(longest)) + "…" : text)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func holds(_ secret: Secret, _ words: [UInt8]) -> Bool {
        let text = essence(words)
        guard text.count >= window else { return false }
        var seen: Set<ArraySlice<UInt8>> = []
        for start in 0...(text.count - window) { seen.insert(text[start..<start + window]) }
        return forms(of: secret).contains { form in
            form.count >= window && (0...(form.count - window)).contains { seen.contains(form[$0..<$0 + window]) }
        }
    }

    /// Letters and digits in lower case, without what stands between them.
    private static func essence(_ bytes: [UInt8]) -> [UInt8] {
        bytes.compactMap { byte in
            switch byte {
            case 0x30...0x39, 0x61...0x7A: byte
            case 0x41...0x5A: byte + 0x20
            default: nil
            }
        }
    }

    private static func forms(of secret: Secret) -> [[UInt8]] {
        let bytes = secret.withBytes { span in span.indices.map { span[$0] } }
        func number(_ value: Int, _ radix: Int, _ width: Int) -> String {
            let digits = String(value, radix: radix)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        // od and hexdump write two bytes as one number, the second byte first.
        let pairs = stride(from: 0, to: bytes.count - 1, by: 2).map { Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8 }
        var texts = [
            bytes.map { number(Int($0), 16, 2) }.joined(), bytes.map { number(Int($0), 8, 3) }.joined(),
            bytes.map { String($0) }.joined(), pairs.map { number($0, 16, 4) }.joined(), pairs.map { number($0, 8, 6) }.joined(),
        ]
        // What comes before the secret moves the borders of the groups.
        for skipped in 0..<5 where skipped < bytes.count {
            texts.append(grouped(bytes[skipped...], bits: 5, digits: "abcdefghijklmnopqrstuvwxyz234567"))
        }
        let forms = texts.map { essence(Array($0.utf8)) } + [essence(bytes), essence(bytes.reversed())]
        return forms + (0..<3).map { essence(Array(Base64URL.encode(Array(bytes.dropFirst($0))).utf8)) }
    }

    /// The whole groups of `bits`, each as a digit.
    private static func grouped(_ bytes: ArraySlice<UInt8>, bits: Int, digits: String) -> String {
        let digits = Array(digits.utf8)
        var text: [UInt8] = []
        var value = 0
        var count = 0
        for byte in bytes {
            value = (value << 8 | Int(byte)) & 0xFFFF
            count += 8
            while count >= bits {
                count -= bits
                text.append(digits[value >> count & (1 << bits - 1)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
