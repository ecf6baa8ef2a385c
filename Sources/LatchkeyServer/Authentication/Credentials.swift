import HTTPTypes

/// The credentials that a request carries, as contract §1 reads them.
struct Credentials {
    /// What came as `Authorization: Bearer`: an access token, or an API key.
    var bearer: String?
    var apiKey: String?
    /// There is an `Authorization` header, and nothing in it can be used.
    var isUnusable = false

    var isEmpty: Bool { bearer == nil && apiKey == nil && !isUnusable }

    init(_ headers: HTTPFields) {
        apiKey = headers[.apiKey]
        guard let header = headers[.authorization] else { return }
        let parts = header.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard headers[values: .authorization].count == 1, parts.count == 2,
            let value = String(validating: parts[1], as: UTF8.self)?.trimmed, !value.isEmpty
        else {
            isUnusable = true
            return
        }
        switch String(decoding: parts[0], as: UTF8.self).lowercased() {
        case "bearer": bearer = value
        case "apikey": apiKey = apiKey ?? value
        default: isUnusable = true
        }
    }
}

extension String {
    /// Without spaces and tabs at either end.
    fileprivate var trimmed: String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }), let last = utf8.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(self[first...last])
    }
}
