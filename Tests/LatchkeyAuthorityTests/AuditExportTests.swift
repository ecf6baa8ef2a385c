@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("An export of the audit log")
struct AuditExportTests {
    private func logged(_ count: Int) async throws -> Install {
        let install = try Install()
        let other = try await install.otherOrganisation()
        try await install.randomLog(count, organisations: [install.authority.firstOrganisation, other.principal.organisation, ""])
        return install
    }

    @Test("gives all that fits and only that, oldest first", arguments: [0, 1, 499, 500, 501, 1000, 1700])
    func all(_ count: Int) async throws {
        let install = try Install()
        let first = try install.audit().count
        if count > 0 { try await install.randomLog(count, organisations: [install.authority.firstOrganisation]) }
        let entries = try await install.exported()
        #expect(entries.count == count + first)
        #expect(try entries == install.expected(AuditFilter(), organisation: install.authority.firstOrganisation).reversed())
    }

    @Test("keeps to its filters and its time")
    func filters() async throws {
        let install = try await logged(900)
        let moments = try install.audit().map(\.timestamp).sorted()
        var filter = AuditFilter()
        filter.plane = "relayfile"
        filter.result = "denied"
        filter.from = moments[200]
        filter.to = moments[700]
        let organisation = install.authority.firstOrganisation
        #expect(try await install.exported(filter) == install.expected(filter, organisation: organisation).reversed())
        filter.result = nil
        filter.plane = nil
        #expect(try await install.exported(filter) == install.expected(filter, organisation: organisation).reversed())
        filter.identityId = "agent_none"
        #expect(try await install.exported(filter).isEmpty)
    }

    @Test("ends with what was there when it began, however much is written meanwhile", arguments: [0, 1, -1000] as [Int64])
    func meanwhile(_ step: Int64) async throws {
        let install = try await logged(1800)
        let expected = try install.expected(AuditFilter(), organisation: install.authority.firstOrganisation).reversed()
        let found = try await install.exported {
            install.clock.advance(seconds: step)
            try await install.randomLog(600, organisations: [install.authority.firstOrganisation], seed: 9)
        }
        #expect(found.map(\.seq) == expected.map(\.seq))
    }

    @Test("ends when the credential that began it is revoked")
    func revokedKey() async throws {
        let install = try await logged(3000)
        let key = try await install.key(["*"])
        var export = try install.authority.auditExport(AuditFilter(), by: install.caller(key))
        #expect(try export.next()?.count == 500)
        _ = try await install.authority.revokeAPIKey(key.record.id, reason: nil, by: install.admin)
        #expect(throws: AuthorityError.self) { try export.next() }
    }

    @Test("ends when the token that began it is revoked, has expired, or its identity is suspended", arguments: 0..<3)
    func deadToken(_ way: Int) async throws {
        let install = try await logged(3000)
        let family = try await install.family()
        var export = try install.authority.auditExport(AuditFilter(), by: install.caller(family.pairs[2]))
        #expect(try export.next()?.count == 500)
        switch way {
        case 0: try await install.authority.revoke(.token(family.pairs[2].tokenId), by: install.admin)
        case 1: try await install.suspend(family.a)
        default: install.clock.advance(seconds: 3600 + 60)
        }
        #expect(throws: AuthorityError.revokedToken) { try export.next() }
    }

    /// Puts a large row again and again, each time in a commit of its own.
    private func rewrite(_ install: Install, times: Int) throws {
        for number in 0..<times {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 40_000)
            try install.store.writeAndWait { try $0.put(Tables.refreshAnswers, [1], BytesRow(bytes)) }
        }
    }

    @Test("holds no snapshot between two of its batches, so that a slow one does not make the file grow")
    func snapshot() async throws {
        let install = try await logged(2000)
        try rewrite(install, times: 50)
        let start = install.store.statistics.mapUsed
        var export = try install.authority.auditExport(AuditFilter(), by: install.admin)
        #expect(try export.next()?.count == 500)
        try rewrite(install, times: 2000)
        let grown = install.store.statistics.mapUsed - start
        #expect(grown < 1 << 20)
        #expect(try export.next() != nil)
        // What it would cost: the same in sight of a snapshot that is kept open, for a twentieth of the time.
        let before = install.store.statistics.mapUsed
        try install.store.read { _ in try rewrite(install, times: 100) }
        #expect(install.store.statistics.mapUsed - before > 3 << 20)
    }
}
