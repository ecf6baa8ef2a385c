@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Organisations")
struct OrganisationTests {
    private func update(_ install: Install, by caller: Caller? = nil, _ change: (inout OrganisationChange) -> Void) async throws
        -> Organisation
    {
        var wanted = OrganisationChange()
        change(&wanted)
        return try await install.authority.updateOrganisation(wanted, by: caller ?? install.admin)
    }

    private func life(_ install: Install, _ identity: IdentityRecord, asked: Double? = nil, by caller: Caller? = nil) async throws -> Int64
    {
        let claims = try await install.claims(install.issue(identity, { $0.expiresIn = asked }, by: caller))
        return claims.expiresAt - claims.issuedAt
    }

    @Test("set how long tokens live: what asks for none gets the default, what asks for more the greatest")
    func rules() async throws {
        let install = try Install()
        let identity = try await install.identity()
        #expect(try await life(install, identity) == 3600)
        let changed = try await update(install) { change in
            change.maxTokenTTL = 600
            change.defaultTokenTTL = 300
        }
        #expect(changed.rules.maxTokenTTL == 600 && changed.rules.defaultTokenTTL == 300)
        #expect(try await life(install, identity) == 300)
        #expect(try await life(install, identity, asked: 100) == 100)
        #expect(try await life(install, identity, asked: 601) == 600)
        #expect(try await life(install, identity, asked: 1e12) == 600)
        let child = try await install.subAgent("child", of: identity, ttl: 86_400)
        #expect(try install.claims(child.pair).expiresAt - install.claims(child.pair).issuedAt == 600)
        _ = try await update(install) { $0.defaultTokenTTL = 600 }
        #expect(try await life(install, identity) == 600)
    }

    @Test("without a default of their own never go beyond their own greatest life")
    func clamped() async throws {
        let install = try Install()
        let identity = try await install.identity()
        #expect(try await update(install) { $0.maxTokenTTL = 60 }.rules.defaultTokenTTL == 60)
        #expect(try await life(install, identity) == 60)
        let error = await refusal { try await update(install) { $0.defaultTokenTTL = 61 } }
        #expect(error?.text("field") == "defaultTokenTTL")
        _ = try await update(install) { $0.defaultTokenTTL = 50 }
        let before = try install.contents()
        #expect(await refusal { try await update(install) { $0.maxTokenTTL = 49 } }?.code == .invalidRequest)
        #expect(try install.contents() == before)
    }

    @Test("have rules of their own, each")
    func two() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let (own, theirs) = try await (install.identity(), install.identity("worker", by: other))
        _ = try await update(install, by: other) { change in
            change.maxTokenTTL = 60
            change.auditRetentionDays = 7
            change.name = "renamed"
        }
        #expect(try await life(install, own, asked: 7200) == 7200)
        #expect(try await life(install, theirs, asked: 7200, by: other) == 60)
        let mine = try install.authority.organisation(of: install.admin)
        #expect(mine.record.name == "default" && mine.rules.auditRetentionDays == 0 && mine.rules.maxTokenTTL == 86_400)
        let shown = try install.authority.organisation(of: other)
        #expect(shown.record.id == other.principal.organisation && shown.record.name == "renamed" && shown.rules.auditRetentionDays == 7)
    }

    struct Beyond: Sendable, CustomTestStringConvertible {
        let field: String
        let number: Double
        var testDescription: String { "\(field) \(number)" }

        func apply(_ change: inout OrganisationChange) {
            switch field {
            case "maxTokenTTL": change.maxTokenTTL = number
            case "defaultTokenTTL": change.defaultTokenTTL = number
            default: change.auditRetentionDays = number
            }
        }

        static let all =
            ["maxTokenTTL", "defaultTokenTTL"].flatMap { field in
                [0, -1, 1.5, 1001, 86_400, .nan, .infinity, -.infinity, 1e300].map { Beyond(field: field, number: $0) }
            } + [0, -1, 0.5, 31, .nan, .infinity, 1e300].map { Beyond(field: "auditRetentionDays", number: $0) }
    }

    @Test("can't go beyond what is configured, nor below the smallest", arguments: Beyond.all)
    func beyond(_ beyond: Beyond) async throws {
        let install = try Install { settings in
            settings.maxAccessTokenTTL = 1000
            settings.accessTokenTTL = 500
            settings.auditRetentionDays = 30
        }
        let before = try install.contents()
        let error = await refusal { try await update(install, beyond.apply) }
        #expect(error?.code == .invalidRequest && error?.text("field") == beyond.field)
        #expect(try install.contents() == before)
        let most = try await update(install) { change in
            change.maxTokenTTL = 1000
            change.defaultTokenTTL = 1000
            change.auditRetentionDays = 30
        }
        #expect(most.rules.maxTokenTTL == 1000 && most.rules.defaultTokenTTL == 1000 && most.rules.auditRetentionDays == 30)
    }

    @Test("keep the log for ever or up to a hundred years, when nothing is configured")
    func retention() async throws {
        let install = try Install()
        #expect(try await update(install) { $0.auditRetentionDays = 36_500 }.rules.auditRetentionDays == 36_500)
        #expect(try await update(install) { $0.auditRetentionDays = 0 }.rules.auditRetentionDays == 0)
        #expect(await refusal { try await update(install) { $0.auditRetentionDays = 36_501 } }?.text("field") == "auditRetentionDays")
    }

    @Test("obey a configuration that has become narrower since")
    func narrower() async throws {
        let install = try Install()
        _ = try await update(install) { change in
            change.maxTokenTTL = 5000
            change.defaultTokenTTL = 4000
            change.auditRetentionDays = 0
        }
        let again = try await install.restarted { settings in
            settings.maxAccessTokenTTL = 1000
            settings.accessTokenTTL = 500
            settings.auditRetentionDays = 30
        }
        let rules = try again.authority.organisation(of: again.admin).rules
        #expect(rules.maxTokenTTL == 1000 && rules.defaultTokenTTL == 1000 && rules.auditRetentionDays == 30)
        #expect(try await life(again, again.identity(), asked: 86_400) == 1000)
    }

    @Test("have names of their own, compared in normal form C")
    func names() async throws {
        let install = try Install()
        let made = try await install.authority.createOrganisation(name: "caf\u{e9}", by: install.admin)
        #expect(made.record.id.hasPrefix("org_"))
        let before = try install.contents()
        for name in ["caf\u{e9}", "cafe\u{301}", "default", "", "a\u{202e}", String(repeating: "x", count: 101)] {
            #expect(
                await refusal { try await install.authority.createOrganisation(name: name, by: install.admin) }?.text("field") == "name")
            guard name != "default" else { continue }
            #expect(await refusal { try await update(install) { $0.name = name } }?.text("field") == "name")
        }
        #expect(await refusal { try await update(install) { _ in } }?.text("field") == "name")
        #expect(try install.contents() == before)
        // Its own name is nobody else's.
        #expect(try await update(install) { $0.name = "default" }.record.name == "default")
        _ = try await update(install) { $0.name = "new" }
        _ = try await install.authority.createOrganisation(name: "default", by: install.admin)
    }

    @Test("are listed newest first, each once, whatever the size of the page", arguments: 1...6)
    func listed(_ limit: Int) async throws {
        let install = try Install()
        var ids = [install.authority.firstOrganisation]
        for number in 0..<4 {
            install.clock.advance(milliseconds: 1)
            ids.append(try await install.authority.createOrganisation(name: "o\(number)", by: install.admin).record.id)
        }
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try install.authority.organisations(
                PageRequest(limit: String(limit), cursor: cursor, kind: .organisation), by: install.admin)
            seen += page.elements.map(\.record.id)
            cursor = page.cursor
        } while cursor != nil
        #expect(seen == ids.reversed())
    }

    @Test("that are named must be the caller's own")
    func mismatch() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let admin = try install.admin
        let named = Caller(admin.principal, admin.origin, named: other.principal.organisation)
        var change = OrganisationChange()
        change.name = "x"
        let before = try install.contents()
        #expect(await refusal { try install.authority.organisation(of: named) }?.code == .organisationMismatch)
        #expect(await refusal { try await install.authority.updateOrganisation(change, by: named) }?.code == .organisationMismatch)
        #expect(try install.contents() == before)
        #expect(throws: AuthorityError(.organisationNotFound, "")) {
            try install.authority.administrator(uid: 0, organisation: "org_00000000000000000000000000")
        }
    }

    @Test("are told of in the log that is theirs")
    func entries() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        _ = try await update(install, by: other) { change in
            change.maxTokenTTL = 60
            change.auditRetentionDays = 7
        }
        let page = try install.authority.audit(AuditFilter(), PageRequest(limit: 10), by: other)
        let entries = try page.elements.map { try $0.record() }
        #expect(entries.map(\.action) == [.organisationUpdated, .organisationCreated])
        #expect(entries[0].metadata == ["maxTokenTTL": "60", "auditRetentionDays": "7"])
    }
}
