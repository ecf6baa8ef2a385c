@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// One field of an identity that can be changed.
struct IdentityField: Sendable, CustomTestStringConvertible {
    let name: String
    let change: @Sendable (inout IdentityChange) -> Void
    let expected: @Sendable (inout IdentityRecord) -> Void
    /// What the audit log says of it beside the name.
    let said: [String: String]

    var testDescription: String { name }

    static let all = [
        IdentityField(
            name: "name", change: { $0.name = "cafe\u{301}" }, expected: { $0.name = "caf\u{e9}" }, said: ["oldName": "worker"]),
        IdentityField(name: "type", change: { $0.type = "human" }, expected: { $0.type = .human }, said: ["type": "human"]),
        IdentityField(
            name: "scopes", change: { $0.scopes = ["cloud:run:invoke", "cloud:run:invoke:*"] },
            expected: { $0.scopes = ["cloud:run:invoke:*"] }, said: ["scopes": "cloud:run:invoke:*"]),
        IdentityField(name: "no scopes", change: { $0.scopes = [] }, expected: { $0.scopes = [] }, said: ["scopes": ""]),
        IdentityField(name: "roles", change: { $0.roles = ["b", "a"] }, expected: { $0.roles = ["b", "a"] }, said: ["roles": "b, a"]),
        IdentityField(
            name: "metadata", change: { $0.metadata = ["k": "v"] }, expected: { $0.metadata = ["k": "v"] }, said: ["metadata": "changed"]),
    ]
}

@Suite("A change of an identity")
struct IdentityChangeTests {
    private func update(
        _ install: Install, _ id: String, by caller: Caller? = nil, _ change: (inout IdentityChange) -> Void
    ) async throws -> IdentityRecord {
        var wanted = IdentityChange()
        change(&wanted)
        return try await install.authority.updateIdentity(id, wanted, by: caller ?? install.admin).record
    }

    @Test("changes the one field that is named, and nothing else", arguments: IdentityField.all)
    func field(_ field: IdentityField) async throws {
        let install = try Install()
        let old = try await install.identity()
        install.clock.advance(seconds: 5)
        let changed = try await update(install, old.id, field.change)
        var expected = old
        field.expected(&expected)
        expected.updatedAt = install.clock.now()
        #expect(changed == expected)
        #expect(try install.shown(old) == expected)
        try install.expectTrueIndexes()
        let entry = try #require(try install.audit(.identityUpdated).first)
        #expect(entry.identityId == old.id && entry.workspaceId == old.workspaceId && entry.resource == "identity")
        #expect(entry.metadata == field.said.merging(["name": expected.name]) { $1 })
    }

    @Test("of everything at once is one commit")
    func all() async throws {
        let install = try Install()
        let old = try await install.identity()
        let batches = install.store.statistics.batches
        let changed = try await update(install, old.id) { change in
            for field in IdentityField.all where field.name != "no scopes" { field.change(&change) }
        }
        #expect(changed.type == .human && changed.roles == ["b", "a"] && changed.metadata == ["k": "v"])
        #expect(install.store.statistics.batches == batches + 1)
        #expect(try install.audit(.identityUpdated).count == 1)
        try install.expectTrueIndexes()
    }

    @Test("that changes nothing is refused")
    func nothing() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let before = try install.contents()
        let error = await refusal { try await update(install, identity.id) { _ in } }
        #expect(error?.code == .invalidRequest && error?.text("field") == "name")
        #expect(try install.contents() == before)
    }

    @Test("to a name that is taken is refused, and to its own is none")
    func taken() async throws {
        let install = try Install()
        let identity = try await install.identity("caf\u{e9}")
        let other = try await install.identity("other")
        let before = try install.contents()
        #expect(await refusal { try await update(install, other.id) { $0.name = "cafe\u{301}" } }?.code == .identityAlreadyExists)
        #expect(try install.contents() == before)
        #expect(try await update(install, identity.id) { $0.name = "cafe\u{301}" }.name == "caf\u{e9}")
        // Another organisation's names are another matter.
        let theirs = try await install.otherOrganisation()
        let foreign = try await install.identity("x", by: theirs)
        #expect(try await update(install, foreign.id, by: theirs) { $0.name = "caf\u{e9}" }.name == "caf\u{e9}")
    }

    @Test("of the name frees the old name and takes the new one")
    func rename() async throws {
        let install = try Install()
        let identity = try await install.identity("old")
        _ = try await update(install, identity.id) { $0.name = "new" }
        #expect(await refusal { try await install.identity("new") }?.code == .identityAlreadyExists)
        let second = try await install.identity("old")
        #expect(second.id != identity.id)
        try install.expectTrueIndexes()
    }

    @Test("of a retired identity is refused, before anything is said of its scopes")
    func retired() async throws {
        let install = try Install()
        let identity = try await install.identity()
        _ = try await install.authority.retireIdentity(identity.id, reason: nil, by: install.admin)
        let caller = try await install.caller(install.key(["relayauth:identity:manage:*"]))
        let before = try install.contents()
        for (caller, scopes) in try [(install.admin, []), (caller, ["cloud:run:invoke:*"])] {
            let error = await refusal { try await update(install, identity.id, by: caller) { $0.scopes = scopes } }
            #expect(error?.code == .identityRetired && error?.text("identityId") == identity.id)
        }
        #expect(try install.contents() == before)
    }

    @Test("of a suspended identity leaves it suspended")
    func suspended() async throws {
        let install = try Install()
        let family = try await install.family()
        try await install.suspend(family.a)
        let changed = try await update(install, family.a.id) { $0.name = "renamed" }
        #expect(changed.status == .suspended && changed.suspendReason == "why")
        for pair in family.pairs { #expect(try !install.isLive(pair)) }
        try install.expectTrueIndexes()
    }

    @Test("hands out no more than the caller holds")
    func escalation() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*", "relayfile:fs:write:*"])
        let caller = try await install.caller(install.key(["relayauth:identity:manage:*", "relayfile:fs:read:*"]))
        let before = try install.contents()
        let error = await refusal {
            try await update(install, identity.id, by: caller) { $0.scopes = ["relayfile:fs:read:/a", "relayfile:fs:write:*"] }
        }
        #expect(error?.code == .scopeEscalation && error?.text("required") == "relayfile:fs:write:*")
        #expect(try install.contents() == before)
        #expect(
            try await update(install, identity.id, by: caller) { $0.scopes = ["relayfile:fs:read:/a"] }.scopes == ["relayfile:fs:read:/a"])
        // A change of something else hands nothing out.
        let wide = try await install.identity("wide", ["cloud:run:invoke:*"])
        #expect(try await update(install, wide.id, by: caller) { $0.roles = ["r"] }.scopes == ["cloud:run:invoke:*"])
        await install.authority.flush(all: true)
        #expect(try install.audit(.scopeEscalationDenied).map(\.result) == [.denied])
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let field: String
        let change: @Sendable (inout IdentityChange) -> Void
        var testDescription: String { field }

        static let all = [
            Wrong(field: "name") { $0.name = "" }, Wrong(field: "name") { $0.name = "a\u{202e}" },
            Wrong(field: "name") { $0.name = String(repeating: "x", count: 101) }, Wrong(field: "type") { $0.type = "robot" },
            Wrong(field: "roles") { $0.roles = [""] }, Wrong(field: "roles") { $0.roles = [String](repeating: "r", count: 51) },
            Wrong(field: "metadata") { $0.metadata = ["": "v"] }, Wrong(field: "metadata") { $0.metadata = ["k": "\u{0}"] },
            Wrong(field: "scopes") { $0.scopes = [String](repeating: "*", count: 101) },
        ]
    }

    @Test("is refused with the field that is wrong, even for an identity that does not exist", arguments: Wrong.all)
    func wrong(_ wrong: Wrong) async throws {
        let install = try Install()
        let identity = try await install.identity()
        let before = try install.contents()
        for id in [identity.id, "agent_00000000000000000000000000"] {
            let error = await refusal { try await update(install, id, wrong.change) }
            #expect(error?.code == .invalidRequest && error?.text("field") == wrong.field)
            #expect(await refusal { try await update(install, id) { $0.scopes = ["relayfile:fs:reed"] } }?.code == .invalidScope)
        }
        #expect(try install.contents() == before)
    }

    @Test("of another organisation's identity is that of an unknown one, and naming another organisation is a mismatch")
    func foreign() async throws {
        let install = try Install()
        let theirs = try await install.identity("worker", by: install.otherOrganisation())
        let own = try await install.identity("mine")
        let before = try install.contents()
        for id in [theirs.id, "agent_00000000000000000000000000", "", "ak_00000000000000000000000000"] {
            #expect(await refusal { try await update(install, id) { $0.roles = [] } }?.code == .identityNotFound)
        }
        let named = Caller(try install.admin.principal, RequestOrigin(), named: theirs.orgId)
        #expect(await refusal { try await update(install, own.id, by: named) { $0.roles = [] } }?.code == .organisationMismatch)
        #expect(try install.contents() == before)
    }

    @Test("that says what is so already changes nothing and leaves no entry")
    func nothingNew() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let before = try install.contents()
        install.clock.advance(seconds: 5)
        let again = try await update(install, identity.id) {
            $0.name = identity.name
            $0.scopes = identity.scopes
            $0.roles = identity.roles
            $0.metadata = identity.metadata
            $0.type = identity.type.rawValue
        }
        #expect(again == identity)
        #expect(try install.contents() == before)
    }

    @Test("of the type or the status moves an identity from one filtered list to the other")
    func lists() async throws {
        let install = try Install()
        let identity = try await install.identity()
        func listed(_ status: String?, _ type: String?) throws -> [String] {
            var filter = IdentityFilter()
            filter.status = status
            filter.type = type
            return try install.authority.identities(PageRequest(limit: 10), filter: filter, by: install.admin).elements.map(\.record.id)
        }
        _ = try await update(install, identity.id) { $0.type = "service" }
        #expect(try listed(nil, "agent").isEmpty && listed(nil, "service") == [identity.id])
        try await install.suspend(identity)
        #expect(try listed("active", nil).isEmpty && listed("suspended", nil) == [identity.id])
        try await install.reactivate(identity)
        #expect(try listed("active", "service") == [identity.id] && listed("suspended", nil).isEmpty)
        _ = try await install.authority.retireIdentity(identity.id, reason: nil, by: install.admin)
        #expect(try listed("active", nil).isEmpty && listed("retired", "service") == [identity.id])
        try await install.authority.deleteIdentity(identity.id, by: install.admin)
        #expect(try listed("retired", nil).isEmpty && listed(nil, nil).isEmpty)
        try install.expectTrueIndexes()
    }
}
