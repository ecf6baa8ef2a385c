extension DaemonClient {
    /// Follows a list's cursors to its end and hands on each page; nothing of a page is kept. The shapes that the contract's lists have are
    /// all understood.
    ///
    /// - Parameters:
    ///   - query: filters; those without a value are left out.
    ///   - limit: how many elements are wanted in all.
    func pages(
        _ path: String, query: [(name: String, value: String?)] = [], limit: Int?, _ page: ([JSONValue]) throws(CommandFailure) -> Void
    ) async throws(CommandFailure) {
        try await readPages(path, query: query, limit: limit) { (elements) throws(CommandFailure) in
            try page(elements)
            return true
        }
    }

    /// As `pages`, for as long as `page` says that it wants more.
    func readPages(
        _ path: String, query: [(name: String, value: String?)] = [], limit: Int?, _ page: ([JSONValue]) throws(CommandFailure) -> Bool
    ) async throws(CommandFailure) {
        var cursor: String?
        var left = limit ?? Int.max
        repeat {
            var parts = query
            parts.append(("limit", String(min(left, 100))))
            parts.append(("cursor", cursor))
            let text = parts.compactMap { part in part.value.map { "\(part.name)=\(PathText.encoded($0))" } }.joined(separator: "&")
            let answer = try await get("\(path)?\(text)").root
            guard let elements = (answer["data"] ?? answer["entries"])?.elements else { throw JSONScanner.foreign }
            guard try page(Array(elements.prefix(left))) else { return }
            left -= min(left, elements.count)
            let next = (answer["pagination"]?["cursor"] ?? answer["cursor"] ?? answer["nextCursor"])?.text
            guard next == nil || next != cursor else { throw JSONScanner.foreign }
            cursor = next
        } while cursor != nil && left > 0
    }
}

/// Text as one segment of a path or one value of a query (RFC 3986 §2.1). Dots are encoded too: no segment is ever `..`.
enum PathText {
    static func encoded(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
