@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("How long the audit log is kept")
struct AuditRetentionTests {
    private static let day: Int64 = 86_400

    private func keep(_ days: Double, _ install: Install, by caller: Caller) async throws {
        var change = OrganisationChange()
        change.auditRetentionDays = days
        _ = try await install.authority.updateOrganisation(change, by: caller)
    }

    /// All entries but those that tell of what was removed.
    private func kept(_ install: Install) throws -> [AuditRecord] { try install.audit().filter { $0.action != .auditRemoved } }

    private func clean(_ install: Install) async { while await install.authority.removeOldAuditEntries() {} }

    @Test("is each organisation's own word, to the millisecond, and the index goes with the entries")
    func own() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        try await install.randomLog(100, organisations: [install.authority.firstOrganisation, other.principal.organisation, ""])
        try await keep(1, install, by: other)
        let before = try install.audit()
        let theirs = before.filter { $0.orgId == other.principal.organisation }
        let oldest = try #require(theirs.map(\.timestamp).min())
        func at(_ moment: Timestamp) async {
            install.clock.advance(milliseconds: moment.milliseconds - install.clock.now().milliseconds)
            await clean(install)
        }
        await at(oldest.adding(seconds: Self.day))
        #expect(try install.audit() == before)
        await at(oldest.adding(seconds: Self.day).adding(milliseconds: 1))
        #expect(try kept(install) == before.filter { $0.orgId != other.principal.organisation || $0.timestamp > oldest })
        try install.expectTrueIndexes()
        _ = try await install.identity()
        install.clock.advance(seconds: 2 * Self.day)
        await clean(install)
        let left = try kept(install)
        #expect(left.dropLast() == before.filter { $0.orgId != other.principal.organisation })
        try install.expectTrueIndexes()
        // One entry tells of all that is gone.
        #expect(try install.query(by: other).entries.map(\.action) == [.auditRemoved])
    }

    @Test("is for ever when nobody says otherwise")
    func forEver() async throws {
        let install = try Install()
        try await install.randomLog(50, organisations: [install.authority.firstOrganisation, ""])
        let before = try install.contents()
        install.clock.advance(seconds: 36_500 * Self.day)
        await clean(install)
        #expect(try install.contents() == before)
    }

    @Test("is at most what is configured, also for what belongs to no organisation")
    func configured() async throws {
        let install = try Install { $0.auditRetentionDays = 10 }
        let other = try await install.otherOrganisation()
        try await keep(5, install, by: other)
        try await install.randomLog(100, organisations: [install.authority.firstOrganisation, other.principal.organisation, ""])
        let latest = try #require(try install.audit().map(\.timestamp).max())
        func left(afterDays days: Int64) async throws -> Set<String> {
            install.clock.advance(milliseconds: latest.milliseconds + days * Self.day * 1000 + 1 - install.clock.now().milliseconds)
            try await install.log([(AuditDraft(.tokenIssued, actor: "new", organisation: "org_new"), install.clock.now())])
            await clean(install)
            return try Set(kept(install).filter { $0.actor != "new" }.map(\.orgId))
        }
        #expect(try await left(afterDays: 4).count == 3)
        #expect(try await left(afterDays: 5) == [install.authority.firstOrganisation, ""])
        #expect(try await left(afterDays: 9) == [install.authority.firstOrganisation, ""])
        #expect(try await left(afterDays: 10) == [])
        try install.expectTrueIndexes()
    }

    @Test("never lets a number be given twice, even when all that was logged is old")
    func numbers() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        try await install.randomLog(300, organisations: [install.authority.firstOrganisation])
        let last = try #require(try install.audit().last)
        install.clock.advance(seconds: 3 * Self.day)
        await clean(install)
        let notes = try install.audit()
        #expect(notes.count > 1 && notes.allSatisfy { $0.action == .auditRemoved })
        #expect(notes.map(\.seq) == (0..<notes.count).map { last.seq + 1 + UInt64($0) })
        _ = try await install.identity()
        await clean(install)
        #expect(try install.audit().map(\.seq) == notes.map(\.seq) + [last.seq + 1 + UInt64(notes.count)])
        try install.expectTrueIndexes()
    }

    @Test("waits for an hour after each start: the clock may be ahead", arguments: [1, 2])
    func starts(_ count: Int) async throws {
        let before = try Install { $0.auditRetentionDays = 1 }
        try await before.fillLog(20)
        var scratch = await before.closed()
        before.clock.advance(seconds: 3 * Self.day)
        if count == 2 {
            // It notes the time that it believes, so that the next start sees no leap.
            let first = try Install(at: scratch, clock: before.clock) { $0.auditRetentionDays = 1 }
            before.clock.advance(seconds: 120)
            for _ in 0..<121 { await first.authority.upkeep() }
            scratch = await first.closed()
        }
        let install = try Install(at: scratch, clock: before.clock) { $0.auditRetentionDays = 1 }
        #expect((install.authority.absence != nil) == (count == 1))
        func rounds() async { for _ in 0..<61 { await install.authority.upkeep() } }
        await rounds()
        install.clock.advance(seconds: 3599)
        await rounds()
        #expect(try install.audit(.auditRemoved) == [] && install.audit().count > 20)
        install.clock.advance(seconds: 1)
        await rounds()
        #expect(try install.audit(.auditRemoved).count == 1)
    }

    @Test("is looked after by upkeep, in batches, about once a minute")
    func upkeep() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        await install.authority.upkeep()
        try await install.randomLog(1000, organisations: [install.authority.firstOrganisation, ""])
        try await install.log([
            (AuditDraft(.tokenIssued, actor: "new", organisation: "org_new"), install.clock.now().adding(seconds: 2 * Self.day))
        ])
        install.clock.advance(seconds: 2 * Self.day)
        let before = try kept(install).count
        // Of no interest here: what expired in the meantime.
        for _ in 2...60 { await install.authority.upkeep() }
        #expect(try kept(install).count == before)
        var counts: [Int] = []
        while await install.authority.upkeep() { counts.append(try kept(install).count) }
        #expect(try kept(install).map(\.actor) == ["new"])
        // At most 256 of each organisation at a time.
        for (one, next) in zip([before] + counts, counts) { #expect(one - next <= 512) }
        #expect(counts.count >= 1)
    }
}
