package import HTTPTypes
import HummingbirdCore
import LatchkeyCrypto
import LatchkeyVerifier
package import NIOCore

/// What a handler answers: a status, and JSON bytes unless it has none.
package struct Answer: Sendable {
    package var status: HTTPResponse.Status
    package var headers: HTTPFields
    package var body: ByteBuffer
    /// Writes the body in its place, for one that is too long to be held, or goes on. An error cuts the connection.
    var stream: Stream?

    /// Each write returns once the client keeps up.
    typealias Stream = @Sendable @concurrent (inout any ResponseBodyWriter) async throws -> Void

    package init(_ status: HTTPResponse.Status, headers: HTTPFields = [:], body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// JSON written by hand into one buffer.
    static func json(_ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], _ write: (inout JSONWriter) -> Void) -> Answer {
        var writer = JSONWriter()
        write(&writer)
        return Answer(status, headers: headers.json, body: ByteBuffer(bytes: writer.bytes))
    }

    /// JSON that carries a secret: never cached anywhere, and our copy of its bytes is wiped.
    static func secretJSON(_ status: HTTPResponse.Status, capacity: Int, _ write: (inout JSONWriter) -> Void) -> Answer {
        var writer = JSONWriter(capacity: capacity)
        write(&writer)
        let body = ByteBuffer(bytes: writer.bytes)
        writer.wipe()
        var headers: HTTPFields = [.cacheControl: "no-store"]
        headers[.pragma] = "no-cache"
        return Answer(status, headers: headers.json, body: body)
    }

    /// A document that is the same until something changes: sent once to whoever keeps its tag (RFC 9110 §13.1.2, by weak comparison).
    ///
    /// - Parameter known: what `If-None-Match` says.
    static func document(_ bytes: ByteBuffer, tag: String, cacheControl: String, known: String?) -> Answer {
        var headers: HTTPFields = [.cacheControl: cacheControl]
        headers[.eTag] = tag
        if let known, matches(known, tag) { return Answer(.notModified, headers: headers) }
        return Answer(.ok, headers: headers.json, body: bytes)
    }

    private static func matches(_ header: String, _ tag: String) -> Bool {
        header.split(separator: ",").contains { part in
            var candidate = Substring(part.filter { $0 != " " && $0 != "\t" })
            if candidate.hasPrefix("W/") { candidate = candidate.dropFirst(2) }
            return candidate == "*" || candidate == tag
        }
    }

    static func stream(_ headers: HTTPFields, _ stream: @escaping Stream) -> Answer {
        var answer = Answer(.ok, headers: headers)
        answer.stream = stream
        return answer
    }

    static let noContent = Answer(.noContent)
}

extension HTTPFields {
    fileprivate var json: HTTPFields {
        var fields = self
        fields[.contentType] = "application/json"
        return fields
    }
}

extension HTTPField.Name {
    static let pragma = HTTPField.Name("pragma")!
    static let requestId = HTTPField.Name("x-request-id")!
    static let apiKey = HTTPField.Name("x-api-key")!
    static let organisation = HTTPField.Name("x-latchkey-org")!
    static let forwardedFor = HTTPField.Name("x-forwarded-for")!
    static let rateLimit = HTTPField.Name("RateLimit-Limit")!
    static let rateLimitRemaining = HTTPField.Name("RateLimit-Remaining")!
    static let rateLimitReset = HTTPField.Name("RateLimit-Reset")!
}
