import FoundationEssentials
import Testing

@testable import latchkey

/// Events as people see them: `fixtures/events.jsonl` has an event and its line in each row.
@Suite struct EventLines {
    struct Row: Decodable, CustomTestStringConvertible, Sendable {
        let note: String
        let line: String
        /// The row's text, whose member `event` is read by the code under test itself.
        var text = ""

        enum CodingKeys: CodingKey { case note, line }

        var testDescription: String { note }

        func event() throws -> JSONValue { try #require(try JSONDocument(Array(text.utf8)).root["event"]) }
    }

    static let rows: [Row] = {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        guard let data = try? Data(contentsOf: URL(filePath: root + "/fixtures/events.jsonl")) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard var row = try? JSONDecoder().decode(Row.self, from: Data(line.utf8)) else { return nil }
            row.text = String(line)
            return row
        }
    }()

    @Test func `the table is there`() { #expect(Self.rows.count >= 30) }

    @Test(arguments: rows) func `an event is shown as the table says`(row: Row) throws {
        #expect(EventLine(try row.event()).text(colour: false, time: false) == row.line)
    }

    @Test(arguments: rows) func `without the one word that allows, nothing is shown as allowed or done`(row: Row) throws {
        let event = try row.event()
        guard event["result"]?.text != "allowed" else { return }
        let line = EventLine(event).text(colour: false, time: false)
        #expect(line.hasPrefix("✗ ") && !line.hasPrefix("✗ allowed"))
    }

    @Test func `on a terminal the time comes first and the verdict alone is painted`() throws {
        let rows = [
            ("scope.check", "denied", "\u{1B}[31m✗ denied\u{1B}[0m  sage  a"),
            ("scope.check", "allowed", "\u{1B}[32m✓ allowed\u{1B}[0m  sage  a"),
            ("identity.created", "allowed", "• identity.created  sage"),
        ]
        for (type, result, line) in rows {
            let text = #"{"type":"\#(type)","result":"\#(result)","timestamp":"2026-11-21T12:13:39.821Z","name":"sage","scope":"a"}"#
            let event = try JSONDocument(Array(text.utf8)).root
            #expect(EventLine(event).text(colour: true, time: true) == "2026-11-21T12:13:39.821Z  " + line)
        }
    }

    @Test(arguments: [("scope.denied", "scope.check", true), ("scope.denied", "route", false), ("scope.check", "scope.check", false)])
    func `a refusal that repeats a check is an echo`(type: String, via: String, isEcho: Bool) throws {
        let event = try JSONDocument(Array(#"{"type":"\#(type)","result":"denied","via":"\#(via)"}"#.utf8)).root
        #expect(EventLine(event).isEcho == isEcho)
    }
}

@Suite struct EventStreams {
    private func items(_ text: String, cut: Int) throws -> [EventStream.Item] {
        var stream = EventStream()
        var items: [EventStream.Item] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: cut) {
            try stream.read(Array(bytes[start..<min(start + cut, bytes.count)])) { items.append($0) }
        }
        return items
    }

    @Test(arguments: [1, 2, 3, 7, 1000], ["\n", "\r\n", "\r"])
    func `events are found wherever the bytes are cut and however lines end`(cut: Int, end: String) throws {
        let text =
            ": connected\n\nevent: a\nid: 7\ndata: {\"x\":1}\n\n: heartbeat\n\ndata:1\ndata\ndata: 2\ndata:  3\n\nnothing\nevent: b\n\ndata: cut"
        let found = try items(text.replacing("\n", with: end), cut: cut)
        #expect(
            found == [
                .comment("connected"), .event(Array("{\"x\":1}".utf8)), .comment("heartbeat"), .event(Array("1\n2\n 3".utf8)),
            ])
    }

    @Test func `a line without an end is refused before it fills the memory`() {
        #expect(throws: CommandFailure.self) { try items("data: " + String(repeating: "x", count: 2 << 20), cut: 65_536) }
    }
}
