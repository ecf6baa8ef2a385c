@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A query of the audit log")
struct AuditQueryTests {
    /// One field that can be asked for, with every value.
    private static let fields: [[@Sendable (inout AuditFilter) -> Void]] = [
        AuditValues.identities.map { value in { $0.identityId = value } },
        AuditValues.actions.map { value in { $0.action = value.rawValue } },
        AuditValues.workspaces.map { value in { $0.workspaceId = value } },
        AuditValues.planes.map { value in { $0.plane = value } },
        AuditValues.results.map { value in { $0.result = value.rawValue } },
    ]

    /// Two organisations and what belongs to none, all in one log.
    private func logged(_ count: Int = 400) async throws -> (install: Install, other: Caller) {
        let install = try Install()
        let other = try await install.otherOrganisation()
        try await install.randomLog(
            count,
            organisations: [install.authority.firstOrganisation, install.authority.firstOrganisation, other.principal.organisation, ""])
        return (install, other)
    }

    private func expect(
        _ filter: AuditFilter, _ install: Install, limit: Int = 100, by caller: Caller? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let caller = try caller ?? install.admin
        let expected = try install.expected(filter, organisation: caller.principal.organisation)
        let found = try install.query(filter, limit: limit, by: caller)
        #expect(found.entries.map(\.seq) == expected.map(\.seq), "\(filter)", sourceLocation: location)
        #expect(found.pages == max(1, (expected.count + limit - 1) / limit), sourceLocation: location)
    }

    @Test("by any field alone or by any two finds what a look at every entry finds")
    func oracle() async throws {
        let (install, other) = try await logged()
        try expect(AuditFilter(), install)
        for (index, field) in Self.fields.enumerated() {
            for one in field {
                var filter = AuditFilter()
                one(&filter)
                try expect(filter, install)
                for second in Self.fields[(index + 1)...].joined() {
                    var both = filter
                    second(&both)
                    try expect(both, install)
                }
            }
        }
        var theirs = AuditFilter()
        theirs.action = "token.issued"
        try expect(theirs, install, by: other)
        try install.expectTrueIndexes()
    }

    @Test("by all fields and a time finds what a look at every entry finds", arguments: 1...8 as ClosedRange<UInt64>)
    func everything(_ seed: UInt64) async throws {
        let (install, other) = try await logged(150)
        var dice = Dice(seed)
        let moments = try install.audit().map(\.timestamp)
        for _ in 0..<60 {
            var filter = AuditFilter()
            for field in Self.fields where Bool.random(using: &dice) { field.randomElement(using: &dice)!(&filter) }
            let ends = [moments.randomElement(using: &dice)!, moments.randomElement(using: &dice)!].sorted()
            if Bool.random(using: &dice) { filter.from = ends[0].adding(milliseconds: Int64.random(in: -1...1, using: &dice)) }
            if Bool.random(using: &dice) { filter.to = ends[1].adding(milliseconds: Int64.random(in: 1...2, using: &dice)) }
            filter.isUnattributed = Int.random(in: 0..<4, using: &dice) == 0
            try expect(filter, install, limit: Int.random(in: 1...9, using: &dice), by: Bool.random(using: &dice) ? other : nil)
        }
    }

    @Test("gives each entry exactly once whatever the size of the page, though the clock went back between entries", arguments: 1...7)
    func pages(_ limit: Int) async throws {
        let (install, _) = try await logged(120)
        let moments = try install.audit().map(\.timestamp)
        #expect(zip(moments, moments.dropFirst()).contains { $1 < $0 })
        try expect(AuditFilter(), install, limit: limit)
        var filter = AuditFilter()
        filter.plane = "relayauth"
        filter.result = "denied"
        try expect(filter, install, limit: limit)
    }

    @Test("begins at `from` and ends before `to`, to the millisecond", arguments: [false, true])
    func bounds(_ isFiltered: Bool) async throws {
        let install = try Install()
        install.clock.advance(seconds: 100)
        let middle = install.clock.now()
        var draft = AuditDraft(.tokenIssued, actor: "system", organisation: install.authority.firstOrganisation)
        draft.plane = "cloud"
        // Two entries of each moment: a bound takes both or neither.
        let entries = try await install.log([-1, -1, 0, 0, 1, 1].map { (draft, middle.adding(milliseconds: $0)) })
        func found(_ from: Int64?, _ to: Int64?) throws -> [UInt64] {
            var filter = AuditFilter()
            filter.from = from.map { middle.adding(milliseconds: $0) }
            filter.to = to.map { middle.adding(milliseconds: $0) }
            if isFiltered {
                filter.plane = "cloud"
                filter.action = "token.issued"
            }
            let found = try install.query(filter).entries.map(\.seq).filter { $0 >= entries[0].seq }
            #expect(try install.query(filter, limit: 1).entries.map(\.seq).filter { $0 >= entries[0].seq } == found)
            return found.reversed()
        }
        let numbers = entries.map(\.seq)
        #expect(try found(nil, nil) == numbers)
        #expect(try found(-1, nil) == numbers)
        #expect(try found(0, nil) == Array(numbers[2...]))
        #expect(try found(1, nil) == Array(numbers[4...]))
        #expect(try found(2, nil).isEmpty)
        #expect(try found(nil, -1).isEmpty)
        #expect(try found(nil, 0) == Array(numbers[..<2]))
        #expect(try found(nil, 1) == Array(numbers[..<4]))
        #expect(try found(nil, 2) == numbers)
        #expect(try found(0, 1) == Array(numbers[2..<4]))
        #expect(try found(0, 0).isEmpty)
    }

    @Test("of which the cursor is of another query stays within its own bounds")
    func strangeCursor() async throws {
        let (install, other) = try await logged(60)
        let caller = try install.admin
        let newest = try #require(try install.query(by: other).entries.first)
        var filter = AuditFilter()
        filter.to = try install.query().entries[10].timestamp
        let cursor = try #require(try install.authority.audit(AuditFilter(), PageRequest(limit: 1), by: other).cursor)
        let page = try install.authority.audit(filter, PageRequest(limit: "100", cursor: cursor, kind: .auditEntry), by: caller)
        for entry in try page.elements.map({ try $0.record() }) {
            #expect(entry.orgId == caller.principal.organisation && entry.timestamp < filter.to! && entry.timestamp <= newest.timestamp)
        }
        #expect(throws: AuthorityError.invalid("cursor", "")) { try PageRequest(limit: nil, cursor: cursor, kind: .identity) }
    }

    @Test("with fields that agree on nothing looks at a bounded number of keys a page, and still ends")
    func looks() async throws {
        let install = try Install()
        let organisation = install.authority.firstOrganisation
        let start = install.clock.now()
        var entries: [(draft: AuditDraft, at: Timestamp)] = []
        for number in 0..<9000 as Range<Int64> {
            var draft = AuditDraft(.tokenIssued, actor: "system", organisation: organisation)
            if number == 0 || number % 2 == 0 { draft.identityId = "agent_1" }
            if number == 0 || number % 2 == 1 { draft.workspaceId = "wks_a" }
            entries.append((draft, start.adding(milliseconds: number)))
        }
        let oldest = try #require(try await install.log(entries).first)
        var filter = AuditFilter()
        filter.identityId = "agent_1"
        filter.workspaceId = "wks_a"
        let first = try install.authority.audit(filter, PageRequest(limit: 10), by: install.admin)
        #expect(first.elements.isEmpty && first.cursor != nil)
        let found = try install.query(filter)
        #expect(found.entries.map(\.seq) == [oldest.seq])
        #expect((3...10).contains(found.pages))
        #expect(try await install.exported(filter).map(\.seq) == [oldest.seq])
    }

    @Test("is refused for a value that no entry can have")
    func refused() async throws {
        let install = try Install()
        func field(_ change: (inout AuditFilter) -> Void) async throws -> String? {
            var filter = AuditFilter()
            change(&filter)
            let caller = try install.admin
            let error = await refusal { try install.authority.audit(filter, PageRequest(limit: 1), by: caller) }
            #expect(
                await refusal { try install.authority.auditExport(filter, by: caller) }?.text("field")
                    == error?.text("field"))
            let id = "agent_00000000000000000000000000"
            #expect(
                await refusal { try install.authority.activity(of: id, filter, PageRequest(limit: 1), by: caller) }?.text("field")
                    == error?.text("field"))
            return error?.text("field")
        }
        #expect(try await field { $0.action = "token.eaten" } == "action")
        #expect(try await field { $0.action = "" } == "action")
        #expect(try await field { $0.result = "maybe" } == "result")
        #expect(
            try await field { filter in
                filter.from = ManualClock.start
                filter.to = ManualClock.start.adding(milliseconds: -1)
            } == "to")
    }
}
