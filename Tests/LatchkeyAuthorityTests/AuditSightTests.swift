@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("What one may see of the audit log")
struct AuditSightTests {
    @Test("is one's own organisation's alone, by query, by id and by export")
    func own() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let key = try await install.caller(install.key(["*"]))
        _ = try await install.family()
        let mine = try install.audit().filter { $0.orgId == install.authority.firstOrganisation }
        let theirs = try install.query(by: other).entries
        #expect(theirs.map(\.action) == [.organisationCreated])
        #expect(try await install.exported(by: other).map(\.seq) == theirs.map(\.seq))
        #expect(try await install.exported(by: key).map(\.seq) == mine.map(\.seq))
        for entry in mine {
            #expect(await refusal { try install.authority.auditEntry(entry.id, by: other) }?.code == .auditEntryNotFound)
            #expect(try install.authority.auditEntry(entry.id, by: key).record() == entry)
        }
        #expect(await refusal { try install.authority.auditEntry(theirs[0].id, by: key) }?.code == .auditEntryNotFound)
        let named = Caller(key.principal, key.origin, named: other.principal.organisation)
        #expect(await refusal { try install.query(by: named) }?.code == .organisationMismatch)
        #expect(await refusal { try install.authority.auditEntry(mine[0].id, by: named) }?.code == .organisationMismatch)
        #expect(await refusal { try install.authority.auditExport(AuditFilter(), by: named) }?.code == .organisationMismatch)
    }

    @Test("holds what belongs to no organisation for the operator only")
    func unattributed() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let key = try await install.caller(install.key(["*"]))
        #expect(throws: AuthorityError.badAPIKey) { try install.authority.authenticate(apiKey: "x", origin: RequestOrigin()) }
        await install.authority.flush(all: true)
        let entry = try #require(try install.audit(.apiKeyDenied).first)
        #expect(entry.orgId.isEmpty)
        var filter = AuditFilter()
        filter.isUnattributed = true
        #expect(await refusal { try install.query(filter, by: key) }?.text("field") == "unattributed")
        #expect(await refusal { try install.authority.auditExport(filter, by: key) }?.text("field") == "unattributed")
        #expect(await refusal { try install.authority.auditEntry(entry.id, by: key) }?.code == .auditEntryNotFound)
        for peer in [try install.admin, other] {
            #expect(try install.query(filter, by: peer).entries.map(\.seq) == [entry.seq])
            #expect(try await install.exported(filter, by: peer).map(\.seq) == [entry.seq])
            #expect(try install.authority.auditEntry(entry.id, by: peer).record() == entry)
            #expect(try !install.query(by: peer).entries.contains { $0.seq == entry.seq })
        }
    }

    @Test("is not found by an id that was never given")
    func forged() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let entry = try #require(try install.audit().last)
        #expect(AuditEntryId(entry.id)?.place == AuditIndex.Place(entry.timestamp, entry.seq))
        let ids = [
            // The right number at another moment, another number at the right moment.
            AuditEntryId(entry.timestamp.adding(milliseconds: 1), entry.seq).text, AuditEntryId(entry.timestamp, entry.seq + 1).text,
            AuditEntryId(entry.timestamp, 0).text, entry.id.lowercased(), entry.id + "0", String(entry.id.dropLast()), "", "audit_",
            identity.id, "audit_" + identity.id.dropFirst("agent_".count), "audit_ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "audit_00000000000000000000000000",
            "tok_" + entry.id.dropFirst("audit_".count), "../audit",
        ]
        for id in ids {
            #expect(await refusal { try install.authority.auditEntry(id, by: install.admin) }?.code == .auditEntryNotFound, "\(id)")
        }
        for id in [identity.id, "audit_" + identity.id.dropFirst("agent_".count), "audit_ZZZZZZZZZZZZZZZZZZZZZZZZZZ"] {
            let error = await refusal {
                let page = try PageRequest(limit: nil, cursor: Base64URL.encode(Array(id.utf8)), kind: .auditEntry)
                return try install.authority.audit(AuditFilter(), page, by: install.admin)
            }
            #expect(error?.text("field") == "cursor", "\(id)")
        }
    }

    @Test("of one identity is what concerns it, and of an unknown or foreign one nothing")
    func activity() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let family = try await install.family()
        try await install.suspend(family.b)
        func activity(_ id: String, by caller: Caller, _ change: (inout AuditFilter) -> Void = { _ in }) throws -> [AuditRecord.Action] {
            var filter = AuditFilter()
            // What is asked for beside it can't widen it.
            filter.identityId = family.a.id
            change(&filter)
            return try install.authority.activity(of: id, filter, PageRequest(limit: 100), by: caller).elements.map {
                try $0.record().action
            }
        }
        let admin = try install.admin
        #expect(try activity(family.b.id, by: admin) == [.identitySuspended, .tokenIssued, .identityCreated])
        #expect(try activity(family.b.id, by: admin) { $0.action = "token.issued" } == [.tokenIssued])
        #expect(try activity(family.b.id, by: admin) { $0.isUnattributed = true }.count == 3)
        for (id, caller) in [(family.b.id, other), ("agent_00000000000000000000000000", admin), ("", admin)] {
            #expect(await refusal { try activity(id, by: caller) }?.code == .identityNotFound)
        }
        try await install.authority.deleteIdentity(family.b.id, by: admin)
        #expect(await refusal { try activity(family.b.id, by: admin) }?.code == .identityNotFound)
        var filter = AuditFilter()
        filter.identityId = family.b.id
        #expect(try install.query(filter).entries.first?.action == .identityDeleted)
    }
}
