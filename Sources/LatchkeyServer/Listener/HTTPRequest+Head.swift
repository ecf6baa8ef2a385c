import HTTPTypes
import NIOHTTP1

extension HTTPRequest {
    /// The request that the parser saw, without its version. The first `Host` field is the authority; none when the method, the
    /// target or the name of a field is not one of HTTP.
    ///
    /// A target has one of the forms of RFC 9112 §3.2: origin (`/path?query`, nearly always), absolute (`http://host/path`),
    /// authority (CONNECT) or asterisk.
    init?(_ head: HTTPRequestHead) {
        // RFC 9112 §3.2: exactly one Host from 1.1 on. §6.1: a transfer coding in a 1.0 message is a framing that two parties may read
        // in two ways.
        let hosts = head.headers["host"].count
        guard head.version.minor == 0 ? hosts <= 1 && !head.headers.contains(name: "transfer-encoding") : hosts == 1 else { return nil }
        let known: Method? =
            switch head.method {
            case .GET: .get
            case .POST: .post
            default: Method(head.method.rawValue)
            }
        guard let method = known else { return nil }
        var fields = HTTPFields()
        fields.reserveCapacity(head.headers.count)
        var authority: String?
        for (name, value) in head.headers {
            guard let name = HTTPField.Name(name) else { return nil }
            if authority == nil, name == Self.host {
                authority = value
            } else {
                fields.append(HTTPField(name: name, value: value))
            }
        }
        guard let path = Self.path(of: head.uri) else { return nil }
        self.init(method: method, scheme: "http", authority: authority, path: path, headerFields: fields)
    }

    private static let host = HTTPField.Name("Host")!

    /// The path and query of a target; `nil` for an absolute form of another scheme. What is no absolute form stays as it is: no route
    /// will match it.
    private static func path(of target: String) -> String? {
        let bytes = target.utf8
        guard let first = bytes.first else { return nil }
        if first == UInt8(ascii: "/") { return target }
        let lowercased = target.prefix(8).lowercased()
        guard let scheme = ["http://", "https://"].first(where: { lowercased.utf8.starts(with: $0.utf8) }) else {
            return target.utf8.contains(UInt8(ascii: ":")) ? nil : target
        }
        let rest = bytes.dropFirst(scheme.utf8.count)
        guard let begin = rest.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else { return "/" }
        return bytes[begin] == UInt8(ascii: "/") ? String(target[begin...]) : "/" + target[begin...]
    }
}
