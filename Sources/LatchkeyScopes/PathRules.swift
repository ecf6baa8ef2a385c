/// The rules of the fourth part, when it is not `*`.
enum PathRules {
    /// Checks a path of a scope that can reach `relayfile:fs`, by name or through a `*` plane or resource.
    ///
    /// A file path is compared as text, so nothing in it may mean another place to the file system or to a proxy that decodes it:
    /// no dot segments, no backslash, no encoded dot, slash or backslash, and `*` nowhere but as the whole last segment.
    /// (NUL has been refused with the control characters.)
    static func checkFile(_ path: Span<UInt8>) throws(ScopeError.Code) -> ScopeLayout.Traits {
        let slash = UInt8(ascii: "/")
        guard path[0] == slash else { throw .relativePath }
        var traits: ScopeLayout.Traits = []
        var segment = 1
        for index in 1..<(path.count + 1) {
            if index == path.count || path[index] == slash {
                if isDots(path, segment..<index) { throw .dotSegment }
                if index < path.count && index == segment { traits.insert(.repeatedSlash) }
                segment = index + 1
                continue
            }
            switch path[index] {
            case UInt8(ascii: "\\"): throw .backslash
            case UInt8(ascii: "%"):
                if index + 2 < path.count && isEncodedPathByte(path[index + 1], path[index + 2]) { throw .encodedCharacter }
            case UInt8(ascii: "*"):
                guard index == path.count - 1, path[index - 1] == slash else { throw .misplacedWildcard }
                traits.insert(.below)
            default: break
            }
        }
        return traits
    }

    /// Checks a path of any other resource. It matches by equality, so a `*` inside it would look like a wildcard and be none:
    /// refused rather than kept as a letter. It follows that no request outside `relayfile:fs` can have a path that ends in `/*`.
    static func checkOther(_ path: Span<UInt8>) throws(ScopeError.Code) {
        for index in path.indices where path[index] == UInt8(ascii: "*") { throw .misplacedWildcard }
    }

    /// The text with every run of slashes after the byte `start` made one.
    static func collapsingSlashes(in text: String, after start: Int) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for (index, byte) in text.utf8.enumerated() {
            if index > start && byte == UInt8(ascii: "/") && bytes.last == byte { continue }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isDots(_ path: Span<UInt8>, _ segment: Range<Int>) -> Bool {
        guard segment.count == 1 || segment.count == 2 else { return false }
        for index in segment where path[index] != UInt8(ascii: ".") { return false }
        return true
    }

    /// Whether `%` and these two say a dot, a slash or a backslash.
    private static func isEncodedPathByte(_ high: UInt8, _ low: UInt8) -> Bool {
        switch (high, low | 0x20) {
        case (UInt8(ascii: "2"), UInt8(ascii: "e")), (UInt8(ascii: "2"), UInt8(ascii: "f")): true
        case (UInt8(ascii: "5"), UInt8(ascii: "c")): true
        default: false
        }
    }
}
