import FoundationEssentials
import LatchkeyVerifier
import Testing

/// `fixtures/timestamps.json`.
private struct Table: Decodable {
    struct Read: Decodable, Sendable, CustomTestStringConvertible {
        let text: String
        let milliseconds: Int64
        let canonical: String
        let note: String
        var testDescription: String { "\(text): \(note)" }
    }

    struct Refused: Decodable, Sendable, CustomTestStringConvertible {
        let text: String
        let note: String
        var testDescription: String { "\(text): \(note)" }
    }

    let read: [Read]
    let refused: [Refused]

    static let rows = try! Fixture.json("timestamps.json", as: Table.self)
}

@Suite("A moment in time")
struct TimestampTests {
    @Test("reads as the table says", arguments: Table.rows.read)
    fileprivate func reads(_ row: Table.Read) {
        #expect(Timestamp(rfc3339: row.text)?.milliseconds == row.milliseconds)
    }

    @Test("is written in UTC with milliseconds, and reads back as itself", arguments: Table.rows.read)
    fileprivate func roundTrip(_ row: Table.Read) {
        let moment = Timestamp(milliseconds: row.milliseconds)
        #expect(moment.description == row.canonical)
        #expect(Timestamp(rfc3339: moment.description) == moment)
    }

    @Test("is refused in every other form", arguments: Table.rows.refused)
    fileprivate func refuses(_ row: Table.Refused) {
        #expect(Timestamp(rfc3339: row.text) == nil)
    }

    @Test("goes round every day of 800 years")
    func everyDay() {
        let first = Timestamp(rfc3339: "1600-01-01T00:00:00Z")!
        var wrong: [String] = []
        for day in 0..<292_194 {
            let moment = first.adding(milliseconds: Int64(day) * 86_400_000 + 86_399_999)
            if Timestamp(rfc3339: moment.description) != moment { wrong.append(moment.description) }
        }
        #expect(wrong.isEmpty)
        #expect(first.adding(milliseconds: 292_194 * 86_400_000) == Timestamp(rfc3339: "2400-01-01T00:00:00Z"))
    }

    @Test("counts whole seconds towards the past")
    func seconds() {
        #expect(Timestamp(milliseconds: 1999).seconds == 1)
        #expect(Timestamp(milliseconds: -1).seconds == -1)
        #expect(Timestamp(milliseconds: -1000).seconds == -1)
        #expect(Timestamp(milliseconds: -1001).seconds == -2)
        #expect(Timestamp(seconds: -5).milliseconds == -5000)
    }

    @Test("never wraps round, however much is added")
    func saturation() {
        let moment = TokenDraft.now
        #expect(moment.adding(seconds: .max) == Timestamp(milliseconds: .max))
        #expect(moment.adding(seconds: .min) < Timestamp(milliseconds: .min / 2))
        #expect(moment.adding(milliseconds: .max) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: -5).adding(milliseconds: .min) == Timestamp(milliseconds: .min))
        #expect(Timestamp(seconds: .max) == Timestamp(milliseconds: .max))
        #expect(Timestamp(seconds: .min) == Timestamp(milliseconds: .min))
    }

    @Test(
        "beyond four digits of a year is shown as the nearest end",
        arguments: [
            (Int64.max, "9999-12-31T23:59:59.999Z"), (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
            (Int64.min, "0000-01-01T00:00:00.000Z"),
        ])
    func ends(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test("is RFC 3339 text in JSON, and nothing else")
    func coding() throws {
        let encoded = try JSONEncoder().encode([TokenDraft.now])
        #expect(text(Array(encoded)) == #"["2026-03-01T12:00:00.000Z"]"#)
        #expect(try JSONDecoder().decode([Timestamp].self, from: encoded) == [TokenDraft.now])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Timestamp].self, from: Data("[1772366400]".utf8)) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Timestamp].self, from: Data(#"["soon"]"#.utf8)) }
    }
}
