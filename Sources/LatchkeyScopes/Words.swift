/// The small words of a scope, compared as the bytes they are: Swift's `==` on strings takes canonically equivalent texts for
/// equal, and a verifier in another language does not.
enum Words {
    static func same(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        for index in one.indices where one[index] != other[index] { return false }
        return true
    }

    static func isStar(_ word: Span<UInt8>) -> Bool {
        word.count == 1 && word[0] == UInt8(ascii: "*")
    }

    /// Whether `word` is `[a-z][a-z0-9]*(-[a-z0-9]+)*`, the form of resources and planes.
    static func isName(_ word: Span<UInt8>) -> Bool {
        guard !word.isEmpty, isLetter(word[0]) else { return false }
        var afterHyphen = false
        for index in word.indices {
            let byte = word[index]
            if byte == UInt8(ascii: "-") {
                if afterHyphen { return false }
                afterHyphen = true
            } else {
                guard isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return false }
                afterHyphen = false
            }
        }
        return !afterHyphen
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
