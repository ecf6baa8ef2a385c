/// The query of a request target, `name=value` pairs joined by `&`, percent-encoded (RFC 3986 §3.4). A name that is read comes once at most: of
/// two values, a proxy may have looked at the other one.
package struct Query: Sendable {
    private struct Pair: Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    private let bytes: [UInt8]
    private let pairs: [Pair]

    package init(_ text: String?) {
        guard let text, !text.isEmpty else {
            bytes = []
            pairs = []
            return
        }
        bytes = Array(text.utf8)
        pairs = Self.split(bytes)
    }

    /// One pass; values may be long (a token), and every request pays for this.
    private static func split(_ bytes: [UInt8]) -> [Pair] {
        var pairs: [Pair] = []
        var start = 0
        var equals: Int?
        for position in 0...bytes.count {
            let byte = position < bytes.count ? bytes[position] : UInt8(ascii: "&")
            if byte == UInt8(ascii: "=") {
                equals = equals ?? position
            } else if byte == UInt8(ascii: "&") {
                let end = equals ?? position
                pairs.append(Pair(name: start..<end, value: min(end + 1, position)..<position))
                start = position + 1
                equals = nil
            }
        }
        return pairs
    }

    /// The value of a name, `nil` when it is absent.
    ///
    /// - Throws: `invalid_request` with the name as `field` when it comes twice, its escapes are broken, or it is not UTF-8.
    package subscript(_ name: String) -> String? {
        get throws(APIError) {
            var found: Pair?
            for pair in pairs where isName(bytes[pair.name], name) {
                guard found == nil else { throw .invalid(name, "\(name) comes twice; say it once") }
                found = pair
            }
            guard let found else { return nil }
            let raw = bytes[found.value]
            guard
                let value = PercentCoding.decoded(
                    raw.contains(UInt8(ascii: "+")) ? ArraySlice(raw.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }) : raw)
            else { throw .invalid(name, "\(name) is not percent-encoded UTF-8") }
            return value
        }
    }

    private func isName(_ raw: ArraySlice<UInt8>, _ name: String) -> Bool {
        if raw.elementsEqual(name.utf8) { return true }
        guard raw.contains(UInt8(ascii: "%")), let decoded = PercentCoding.decoded(raw) else { return false }
        return decoded.utf8.elementsEqual(name.utf8)
    }
}
