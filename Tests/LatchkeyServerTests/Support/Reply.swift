/// An answer as it came over the wire.
struct Reply: Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// `null` when the body is no JSON.
    var json: JSON { (try? JSON(body)) ?? .null }

    var code: String? { json["code"]?.text }
}

/// Reads answers out of the bytes that came (RFC 9112 §6.3), as strictly as a client would.
struct ReplyParser {
    struct Malformed: Error {
        let why: String
    }

    private(set) var bytes: [UInt8] = []
    private var start = 0

    mutating func append(_ more: [UInt8]) { bytes += more }

    /// Whether nothing is left over.
    var isEmpty: Bool { start == bytes.count }

    /// The next answer; `nil` while it isn't whole.
    ///
    /// - Parameter interim: whether a `100 Continue` counts.
    mutating func next(toHead: Bool, interim: Bool, ended: Bool) throws -> Reply? {
        guard let headEnd = find([13, 10, 13, 10], from: start) else { return nil }
        let lines = String(decoding: bytes[start..<headEnd], as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        let parts = lines[0].split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]) else {
            throw Malformed(why: "status line: \(lines[0])")
        }
        var headers: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            let field = line.split(separator: ":", maxSplits: 1)
            guard field.count == 2 else { throw Malformed(why: "field: \(line)") }
            headers.append((field[0].lowercased(), String(field[1].drop { $0 == " " })))
        }
        var reply = Reply(status: status, headers: headers, body: [])
        let bodyStart = headEnd + 4
        if status == 100, !interim {
            start = bodyStart
            return try next(toHead: toHead, interim: interim, ended: ended)
        }
        if toHead || status == 100 || status == 204 || status == 304 {
            start = bodyStart
        } else if let length = reply["content-length"] {
            guard let length = Int(length) else { throw Malformed(why: "content-length: \(length)") }
            guard bytes.count >= bodyStart + length else { return nil }
            reply.body = Array(bytes[bodyStart..<bodyStart + length])
            start = bodyStart + length
        } else if reply["transfer-encoding"] == "chunked" {
            guard let (body, end) = try chunks(from: bodyStart) else {
                if ended { throw Malformed(why: "an answer in chunks without its last one") }
                return nil
            }
            reply.body = body
            start = end
        } else {
            guard ended else { return nil }
            reply.body = Array(bytes[bodyStart...])
            start = bytes.count
        }
        bytes.removeSubrange(..<start)
        start = 0
        return reply
    }

    /// The body in chunks that begins at a place (RFC 9112 §7.1), and the place after it; `nil` while it isn't whole.
    private func chunks(from place: Int) throws -> (body: [UInt8], end: Int)? {
        var body: [UInt8] = []
        var place = place
        while let lineEnd = find([13, 10], from: place) {
            let line = String(decoding: bytes[place..<lineEnd], as: UTF8.self)
            guard let size = Int(line, radix: 16), size >= 0 else { throw Malformed(why: "chunk size: \(line)") }
            let first = lineEnd + 2
            guard bytes.count >= first + size + 2 else { return nil }
            guard bytes[(first + size)..<(first + size + 2)].elementsEqual([13, 10]) else { throw Malformed(why: "a chunk's end") }
            if size == 0 { return (body, first + 2) }
            body += bytes[first..<(first + size)]
            place = first + size + 2
        }
        return nil
    }

    private func find(_ pattern: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= start + pattern.count else { return nil }
        return (start...bytes.count - pattern.count).first { bytes[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }
}
