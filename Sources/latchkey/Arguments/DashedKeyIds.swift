/// A signing key's id is a thumbprint in base64url, and one in 64 begins with a dash, which a parser takes for options. Such a word is put
/// behind `--`, where everything is taken as it is.
enum DashedKeyIds {
    /// SHA-256 in base64url.
    private static let length = 43

    /// The command line without the program's name.
    static func arguments(_ given: [String]) -> [String] {
        guard given.first == "signing-keys", !given.contains("--"), let place = given.firstIndex(where: isId) else { return given }
        var arguments = given
        let id = arguments.remove(at: place)
        return arguments + ["--", id]
    }

    private static func isId(_ word: String) -> Bool {
        word.utf8.count == length && word.hasPrefix("-") && !word.hasPrefix("--") && word.utf8.allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
