import FoundationEssentials
import LatchkeyVerifier
import Testing

@testable import latchkey

/// Drawings of key rings: `fixtures/command-line/timelines.json` has what is known of each and the lines that are drawn.
@Suite struct KeyTimelines {
    struct Row: Decodable, CustomTestStringConvertible, Sendable {
        struct Key: Decodable, Sendable {
            let id: String
            let status: String
            let published: Timestamp
            let activated: Timestamp?
            let deactivated: Timestamp?
            let leaves: Timestamp?
            let left: Timestamp?
        }

        let note: String
        let width: Int
        let blocks: Bool
        let now: Timestamp
        let rotation: Timestamp?
        let rotationPeriod: Int64
        let graceAfterUse: Int64
        let keys: [Key]
        let lines: [String]

        var testDescription: String { note }

        func timeline(width: Int, style: KeyTimeline.Style) -> KeyTimeline {
            let lives = keys.map {
                KeyTimeline.Life(
                    id: $0.id, status: $0.status, published: $0.published, activated: $0.activated, deactivated: $0.deactivated,
                    leaves: $0.leaves, left: $0.left)
            }
            let plan = KeyTimeline.Plan(rotation: rotation, rotationPeriod: rotationPeriod, graceAfterUse: graceAfterUse)
            return KeyTimeline(lives, at: now, plan: plan, width: width, style: style)
        }
    }

    static let rows: [Row] = {
        guard let bytes = try? Fixture.bytes("command-line/timelines.json") else { return [] }
        return (try? JSONDecoder().decode([Row].self, from: Data(bytes))) ?? []
    }()

    @Test func `the table is there`() { #expect(Self.rows.count >= 10) }

    @Test(arguments: rows) func `a ring is drawn as the table shows`(row: Row) {
        let lines = row.timeline(width: row.width, style: row.blocks ? .blocks : .letters).lines
        #expect(lines == row.lines, "\n\(lines.joined(separator: "\n"))")
    }

    @Test(arguments: rows) func `whatever the width, lines fit, the columns of now agree, and every key is to be seen`(row: Row) throws {
        guard !row.keys.isEmpty else { return }
        for style in [KeyTimeline.Style.blocks, .letters] {
            for width in [-1, 0, 1, 39, 40, 41, 63, 80, 100, 120, 121, 1000] {
                let timeline = row.timeline(width: width, style: style)
                let lines = timeline.lines
                #expect(lines.allSatisfy { $0.count <= max(width, 40) })
                let (mark, bar): (Character, Character) = style == .blocks ? ("▼", "│") : ("v", "|")
                let column = try #require(lines[1].firstIndex(of: mark).map { lines[1].distance(from: lines[1].startIndex, to: $0) })
                for line in lines[2..<2 + row.keys.count] {
                    #expect(Array(line)[column] == bar)
                    #expect(line.dropFirst(KeyTimeline.labelWidth).contains { $0 != " " && $0 != bar } || row.note.contains("long ago"))
                }
                if style == .letters { #expect(lines.allSatisfy { $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } }) }
                #expect(timeline.axis.past.count + timeline.axis.future.count == timeline.axis.columns)
            }
        }
    }

    @Test(arguments: rows) func `the columns of an axis touch, from its first moment to its last`(row: Row) {
        for width in [40, 77, 118] {
            let axis = row.timeline(width: width, style: .letters).axis
            let cells = axis.past + axis.future
            #expect(cells.first?.from == axis.start && cells.last?.to == axis.end)
            #expect(zip(cells, cells.dropFirst()).allSatisfy { $0.to == $1.from })
            #expect(axis.past.last.map { $0.to == axis.now } ?? (axis.start == axis.now))
        }
    }
}
