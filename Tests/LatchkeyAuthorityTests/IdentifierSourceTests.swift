@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

@Suite("The source of ids")
struct IdentifierSourceTests {
    private let clock = ManualClock()

    @Test("makes 100,000 ids in one millisecond, each once and in order")
    func sorted() throws {
        let source = IdentifierSource(clock: clock)
        var last = ""
        for _ in 0..<100_000 {
            let id = try source.make(.token)
            try #require(last.utf8.lexicographicallyPrecedes(id.utf8))
            last = id
        }
    }

    @Test("keeps the order when the clock goes on and when it goes back")
    func clockBack() throws {
        let source = IdentifierSource(clock: clock)
        var ids: [String] = []
        for step in [0, 1, 5, -3, -60_000, 0, 1, 120_000, -1] as [Int64] {
            clock.advance(milliseconds: step)
            for _ in 0..<3 { ids.append(try source.make(.session)) }
        }
        #expect(ids == ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(Set(ids).count == ids.count)
    }

    @Test("writes the moment in front, as ULIDs do")
    func form() throws {
        let source = IdentifierSource(clock: clock)
        let id = try source.make(.apiKey)
        #expect(id.hasPrefix("ak_"))
        let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let values = try id.dropFirst(3).map { character in try #require(digits.firstIndex(of: character)) }
        #expect(values.count == 26)
        #expect(values.prefix(10).reduce(0) { $0 * 32 + Int64($1) } == ManualClock.start.milliseconds)
    }

    @Test("parts ids by a millisecond: none from before has a later one, all from then on have, by whatever clock")
    func parts() throws {
        let source = IdentifierSource(clock: clock)
        var edges: [Timestamp] = []
        var last = try source.make(.token)
        for step in [0, 0, 1, 0, -5000, -60_000, 0, 90_000] as [Int64] {
            clock.advance(milliseconds: step)
            let before = try (0..<3).map { _ in try source.make(.token) }
            let edge = try source.part()
            let after = try (0..<3).map { _ in try source.make(.token) }
            for id in before { #expect(try #require(Identifier.moment(of: id, .token)) <= edge) }
            for id in after { #expect(try #require(Identifier.moment(of: id, .token)) > edge) }
            for id in before + after {
                #expect(last.utf8.lexicographicallyPrecedes(id.utf8))
                last = id
            }
            edges.append(edge)
        }
        #expect(edges == edges.sorted() && Set(edges).count == edges.count)
        #expect(source.newest == Identifier.moment(of: last, .token))
    }

    @Test("goes on after what another run has made, and never earlier than it has itself")
    func begins() throws {
        let source = IdentifierSource(clock: clock)
        let ahead = ManualClock.start.adding(seconds: 3600)
        try source.begin(after: ahead)
        try source.begin(after: ManualClock.start)
        let id = try source.make(.token)
        #expect(try #require(Identifier.moment(of: id, .token)) == ahead.adding(milliseconds: 1))
        #expect(Identifier.moment(of: "tok_x", .token) == nil && Identifier.moment(of: id, .session) == nil)
    }

    @Test("gives two sources of one moment different ids")
    func random() throws {
        let ids = try (0..<100).map { _ in try IdentifierSource(clock: clock).make(.token) }
        #expect(Set(ids).count == 100)
    }

    @Test("makes ids of every kind that are plausible for that kind alone", arguments: IdentifierSource.Kind.allCases)
    func plausible(_ kind: IdentifierSource.Kind) throws {
        let id = try IdentifierSource(clock: clock).make(kind)
        for other in IdentifierSource.Kind.allCases { #expect(Identifier.isPlausible(id, other) == (other == kind)) }
        for wrong in [
            "", kind.rawValue, String(id.dropLast()), id + "0", id.lowercased(), " " + id, String(id.dropLast()) + "/",
            String(id.dropLast(2)) + "é",
        ] {
            #expect(!Identifier.isPlausible(wrong, kind))
        }
    }
}
