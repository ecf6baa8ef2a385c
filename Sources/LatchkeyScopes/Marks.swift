/// What one pass over the bytes of a scope finds: the separators, and the characters that no scope may hold.
struct Marks {
    /// The places of the first three `:`.
    private(set) var places = (0, 0, 0)
    /// How many of these there are, 3 at most.
    private(set) var colons = 0
    private(set) var doubleStar = false
    private(set) var colonInPath = false

    /// Throws `.forbiddenCharacter` for what `Characters` refuses anywhere in the text. With `freePath`, the path, which is all
    /// that follows the third `:`, may hold U+0020 and `:`.
    init(of text: String, _ bytes: Span<UInt8>, freePath: Bool) throws(ScopeError.Code) {
        var ascii = true
        var afterStar = false
        for index in bytes.indices {
            let byte = bytes[index]
            if byte <= 0x20 || byte == 0x7F {
                guard byte == 0x20, freePath, colons == 3 else { throw .forbiddenCharacter }
            } else if byte >= 0x80 {
                ascii = false
            } else if byte == UInt8(ascii: ":") {
                switch colons {
                case 0: places.0 = index
                case 1: places.1 = index
                case 2: places.2 = index
                default: colonInPath = colonInPath || !freePath
                }
                colons = min(colons + 1, 3)
            }
            let star = byte == UInt8(ascii: "*")
            if star && afterStar { doubleStar = true }
            afterStar = star
        }
        if !ascii {
            for scalar in text.unicodeScalars where !scalar.isASCII && !Characters.isVisible(scalar) { throw .forbiddenCharacter }
        }
    }
}
