@testable import LatchkeyAuthority
import Testing

/// Reads `text/event-stream` as browsers do (WHATWG HTML §9.2.6), and keeps the comments, which browsers drop.
struct EventReader {
    enum Item: Equatable, Sendable {
        case comment(String)
        case event(type: String, id: String, data: String)
    }

    private var line: [UInt8] = []
    private var afterReturn = false
    private var isFirst = true
    private var type = ""
    private var data: String?
    /// Stays until another comes.
    private var id = ""

    /// Takes bytes in whatever pieces, and gives what is whole with them.
    mutating func read(_ bytes: [UInt8]) -> [Item] {
        var items: [Item] = []
        for byte in bytes {
            let wasReturn = afterReturn
            afterReturn = byte == 13
            if byte == 10, wasReturn { continue }
            guard byte == 10 || byte == 13 else {
                line.append(byte)
                continue
            }
            if let item = take(String(decoding: line, as: UTF8.self)) { items.append(item) }
            line = []
        }
        return items
    }

    private mutating func take(_ text: String) -> Item? {
        var text = text[...]
        if isFirst, text.unicodeScalars.first == "\u{FEFF}" { text = Substring(text.unicodeScalars.dropFirst()) }
        isFirst = false
        if text.isEmpty {
            defer {
                type = ""
                data = nil
            }
            guard let data else { return nil }
            return .event(type: type.isEmpty ? "message" : type, id: id, data: data)
        }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        let name = text[..<colon]
        var value = text[colon...].dropFirst()
        if value.first == " " { value = value.dropFirst() }
        switch name {
        case "": return .comment(String(value))
        case "event": type = String(value)
        case "data": data = data.map { $0 + "\n" + value } ?? String(value)
        case "id" where !value.unicodeScalars.contains("\0"): id = String(value)
        default: break
        }
        return nil
    }
}

/// A subscriber of a daemon's events.
actor EventWatch {
    nonisolated let answer: StreamedAnswer
    private var reader = EventReader()
    private var items: [EventReader.Item] = []
    /// The comments that were passed over.
    private(set) var comments: [String] = []

    init(_ answer: StreamedAnswer) { self.answer = answer }

    /// What comes next; `nil` when the stream has ended.
    func next() async throws -> EventReader.Item? {
        while items.isEmpty {
            guard let bytes = try await answer.next() else { return nil }
            items += reader.read(bytes)
        }
        return items.removeFirst()
    }

    /// The next event, past all comments; `nil` when the stream has ended.
    func event() async throws -> Event? {
        while let item = try await next() {
            switch item {
            case .comment(let text): comments.append(text)
            case .event(let type, let id, let data): return Event(type: type, id: id, json: try JSON(Array(data.utf8)))
            }
        }
        return nil
    }

    /// Reads on to the end of the stream.
    ///
    /// - Returns: the types of the events until then; the comments are kept.
    func untilEnded() async throws -> [String] {
        var types: [String] = []
        while let event = try await event() { types.append(event.type) }
        return types
    }

    func close() async { await answer.close() }

    struct Event: Sendable {
        let type: String
        let id: String
        let json: JSON

        subscript(_ name: String) -> JSON? { json[name] }
    }
}

extension TestDaemon {
    /// A subscription that has begun: what happens from now on is seen.
    func watch(_ headers: Fields = [], types: String? = nil, at door: Door? = nil, receiveBuffer: CInt? = nil) async throws -> EventWatch {
        let target = "/v1/events" + (types.map { "?types=\($0)" } ?? "")
        let answer = try await stream("GET", target, headers, at: door, receiveBuffer: receiveBuffer)
        let watch = EventWatch(answer)
        guard answer.head.status == 200 else { return watch }
        _ = try await watch.next()
        return watch
    }

    /// The number of those who watch now.
    var watchers: Int { authority.events.subscriptions.count }
}
