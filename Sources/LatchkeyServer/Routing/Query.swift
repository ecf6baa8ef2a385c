/// The query of a request target, `name=value` pairs joined by `&`, percent-encoded (RFC 3986 §3.4). A name that comes twice counts once, the first time.
package struct Query: Sendable {
    private let text: String?

    package init(_ text: String?) { self.text = text }

    /// The value of a name, `nil` when it is absent.
    ///
    /// - Throws: `invalid_request` with the name as `field` when its escapes are broken or it is not UTF-8.
    package subscript(_ name: String) -> String? {
        get throws(APIError) {
            guard let text else { return nil }
            for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
                let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                guard PercentCoding.decoded(parts[0]) == name else { continue }
                let raw = parts.count == 2 ? parts[1].map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 } : []
                guard let value = PercentCoding.decoded(raw) else { throw .invalid(name, "\(name) is not percent-encoded UTF-8") }
                return value
            }
            return nil
        }
    }
}
