/// What goes to standard error without secrets: an error repeats what somebody typed, and that may be what should have gone into a file.
enum Redacted {
    /// What an API key, a refresh token and a JWT begin with.
    private static let marks = ["lk_", "lkr_", "eyJ"].map { Array($0.utf8) }
    private static let pem = Array("-----BEGIN ".utf8)
    /// Characters behind the mark from which on it is one; the prefix by which people know a key has eight.
    private static let shortest = 20

    /// The text with `lk_…` in the place of a key; of a PEM file not more than its beginning.
    static func text(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var shown: [UInt8] = []
        shown.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let rest = bytes[index...]
            if rest.starts(with: pem) {
                shown += pem + "…".utf8
                break
            }
            if let mark = marks.first(where: { rest.starts(with: $0) }) {
                let body = rest.dropFirst(mark.count).prefix(while: isPart)
                if body.count >= shortest {
                    shown += mark + "…".utf8
                    index = body.endIndex
                    continue
                }
            }
            shown.append(bytes[index])
            index += 1
        }
        return String(decoding: shown, as: UTF8.self)
    }

    private static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}
