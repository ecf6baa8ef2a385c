@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Identities")
struct IdentityTests {
    @Test("carry what was asked for, with its defaults")
    func defaults() async throws {
        let install = try Install()
        let record = try await install.authority.createIdentity(IdentityRequest(name: "worker", sponsorId: "user_1"), by: install.admin)
            .record
        let organisation = install.authority.firstOrganisation
        #expect(record.id.hasPrefix("agent_"))
        #expect(record.name == "worker")
        #expect(record.type == .agent)
        #expect(record.orgId == organisation)
        #expect(record.workspaceId == organisation)
        #expect(record.status == .active)
        #expect(record.scopes.isEmpty && record.roles.isEmpty && record.metadata.isEmpty)
        #expect(record.sponsorId == "user_1")
        #expect(record.sponsorChain == ["user_1", record.id])
        #expect(record.createdAt == ManualClock.start && record.updatedAt == ManualClock.start)
        #expect(record.createdBy == "admin-socket:uid=0")
        #expect(record.rootId == record.id)
        #expect(record.parentId == nil && record.makerId == nil)
    }

    @Test("are kept as they were made")
    func kept() async throws {
        let install = try Install()
        var request = IdentityRequest(name: "cafe\u{301}", sponsorId: "user_1")
        request.type = "service"
        request.scopes = ["relayfile:fs:read:/docs//a", "relayfile:fs:read:/docs/a"]
        request.roles = ["lead", "reader"]
        request.metadata = ["team": "a", "empty": ""]
        request.workspaceId = "wks_7"
        let key = try await install.key(["*"])
        let named = Caller(try install.caller(key).principal, RequestOrigin(), named: install.authority.firstOrganisation)
        let made = try await install.authority.createIdentity(request, by: named).record
        let shown = try install.authority.identity(made.id, by: install.admin).record
        #expect(shown.name.unicodeScalars.count == 4)
        #expect(shown.type == .service)
        #expect(shown.scopes == ["relayfile:fs:read:/docs/a"])
        #expect(shown.roles == ["lead", "reader"])
        #expect(shown.metadata == ["team": "a", "empty": ""])
        #expect(shown.workspaceId == "wks_7")
        #expect(shown.createdBy == "api-key:\(key.record.prefix)")
        #expect(shown.makerId == key.record.id)
        #expect(shown.rootId == key.record.id)
    }

    @Test("have names of their own within an organisation, compared in normal form C")
    func names() async throws {
        let install = try Install()
        _ = try await install.identity("caf\u{e9}")
        let before = try install.counts()
        for name in ["caf\u{e9}", "cafe\u{301}"] {
            #expect(await refusal { try await install.identity(name) }?.code == .identityAlreadyExists)
        }
        #expect(try install.counts() == before)
        _ = try await install.identity("cafe")
        _ = try await install.identity("Café")
        _ = try await install.identity("caf\u{e9}", by: install.otherOrganisation())
    }

    @Test("get one name once, when many ask for it at once")
    func concurrent() async throws {
        let install = try Install()
        let made = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<32 { group.addTask { await refusal { try await install.identity("worker") } == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 1)
        #expect(try install.counts()["identities"] == 1)
        #expect(try install.audit(.identityCreated).count == 1)
    }

    /// A request with one thing wrong, and the field that the refusal must name.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let field: String
        let request: IdentityRequest

        var testDescription: String { field }

        init(_ field: String, _ change: (inout IdentityRequest) -> Void) {
            var request = IdentityRequest(name: "worker", sponsorId: "user_1")
            change(&request)
            self.field = field
            self.request = request
        }

        static func metadata(_ name: String, _ value: String) -> Wrong { Wrong("metadata") { $0.metadata = [name: value] } }

        static let all: [Wrong] = [
            Wrong("name") { $0.name = "" }, Wrong("name") { $0.name = String(repeating: "x", count: 101) },
            Wrong("name") { $0.name = "a\u{202e}" },
            Wrong("sponsorId") { $0.sponsorId = "" }, Wrong("sponsorId") { $0.sponsorId = String(repeating: "x", count: 129) },
            Wrong("sponsorId") { $0.sponsorId = "a\n" }, Wrong("type") { $0.type = "robot" }, Wrong("type") { $0.type = "" },
            Wrong("type") { $0.type = "Agent" }, Wrong("roles") { $0.roles = [String](repeating: "r", count: 51) },
            Wrong("roles") { $0.roles = [""] },
            Wrong("roles") { $0.roles = ["a\u{200b}"] },
            Wrong("metadata") { request in
                request.metadata = [:]
                for number in 0..<51 { request.metadata?["k\(number)"] = "v" }
            },
            .metadata("", "v"), .metadata(String(repeating: "k", count: 101), "v"), .metadata("k", String(repeating: "v", count: 1001)),
            .metadata("k", "a\u{0}"), .metadata("k\u{feff}", "v"), Wrong("workspaceId") { $0.workspaceId = "" },
            Wrong("workspaceId") { $0.workspaceId = String(repeating: "x", count: 129) },
            Wrong("scopes") { $0.scopes = [String](repeating: "*", count: 101) },
        ]
    }

    @Test("are refused with the field that is wrong", arguments: Wrong.all)
    func refused(_ wrong: Wrong) async throws {
        let install = try Install()
        let before = try install.counts()
        let error = await refusal { try await install.authority.createIdentity(wrong.request, by: install.admin) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.text("field") == wrong.field)
        #expect(try install.counts() == before)
    }

    @Test("take as much as their bounds say")
    func bounds() async throws {
        let install = try Install()
        var request = IdentityRequest(name: String(repeating: "n", count: 100), sponsorId: String(repeating: "s", count: 128))
        request.roles = (0..<50).map { "r\($0)" }
        request.metadata = Dictionary(uniqueKeysWithValues: (0..<50).map { ("k\($0)", String(repeating: "v", count: 1000)) })
        request.scopes = (0..<100).map { "relayfile:fs:read:/\($0)" }
        let record = try await install.authority.createIdentity(request, by: install.admin).record
        #expect(try install.authority.identity(record.id, by: install.admin).record.metadata.count == 50)
        #expect(record.scopes.count == 100)
    }

    @Test(
        "hold no more than who creates them",
        arguments: ["*", "*:*:*:*", "relayauth:token:manage:*", "relayauth:*:*:*", "relayfile:fs:read:*"])
    func escalation(_ scope: String) async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(["relayauth:identity:manage:*", "relayauth:token:create:*"]))
        let before = try install.counts()
        let error = await refusal { try await install.identity("worker", ["relayauth:identity:read:*", scope], by: caller) }
        #expect(error?.code == .scopeEscalation)
        #expect(error?.text("scope") == (scope == "*" ? "*:*:*:*" : scope))
        #expect(try install.counts() == before)
        _ = try await install.identity("worker", ["relayauth:identity:read:*", "relayauth:token:create:*"], by: caller)
    }

    @Test("of another organisation are not found, and naming one is a mismatch")
    func organisations() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let theirs = try await install.identity("worker", by: other)
        for id in [theirs.id, "agent_00000000000000000000000000", "", "agent_", "ak_00000000000000000000000000"] {
            #expect(await refusal { try install.authority.identity(id, by: install.admin) }?.code == .identityNotFound)
            #expect(
                await refusal { try await install.authority.issueToken(TokenRequest(identityId: id), by: install.admin) }?.code
                    == .identityNotFound)
        }
        let request = IdentityRequest(name: "worker", sponsorId: "user_1")
        let named = Caller(try install.admin.principal, RequestOrigin(), named: other.principal.organisation)
        #expect(await refusal { try await install.authority.createIdentity(request, by: named) }?.code == .organisationMismatch)
        #expect(try install.authority.identities(PageRequest(limit: 10), filter: IdentityFilter(), by: install.admin).elements.isEmpty)
    }

    @Test("that a bearer creates come under it in the sponsor chain, ten links at most")
    func sponsorChain() async throws {
        let install = try Install()
        var parent = try await install.identity("worker-1", ["relayauth:*:*:*"])
        for link in 2...9 {
            let caller = try await install.caller(install.issue(parent))
            let child = try await install.identity("worker-\(link)", ["relayauth:*:*:*"], by: caller)
            #expect(child.sponsorChain == parent.sponsorChain + [child.id])
            #expect(child.sponsorChain.count == link + 1)
            #expect(child.parentId == parent.id)
            #expect(child.createdBy == "identity:\(parent.id)")
            #expect(child.rootId == parent.rootId)
            parent = child
        }
        let caller = try await install.caller(install.issue(parent))
        let before = try install.counts()
        #expect(await refusal { try await install.identity("worker-10", ["relayauth:*:*:*"], by: caller) }?.code == .sponsorChainTooLong)
        #expect(try install.counts() == before)
        #expect(before["identities-by-parent"] == 8)
    }
}

@Suite("A list of identities")
struct IdentityListTests {
    private func filter(_ change: (inout IdentityFilter) -> Void) -> IdentityFilter {
        var filter = IdentityFilter()
        change(&filter)
        return filter
    }

    private func all(_ install: Install, _ filter: IdentityFilter, limit: Int) throws -> [String] {
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try install.authority.identities(
                PageRequest(limit: String(limit), cursor: cursor, kind: .identity), filter: filter, by: install.admin)
            #expect(page.elements.count <= limit)
            seen += page.elements.map(\.record.id)
            cursor = page.cursor
        } while cursor != nil
        return seen
    }

    @Test("shows what every filter and every pair of filters asks for, newest first, each once, whatever the page")
    func filters() async throws {
        let install = try Install()
        var records: [IdentityRecord] = []
        for number in 0..<30 {
            var request = IdentityRequest(name: "worker-\(number)", sponsorId: "user_1")
            request.type = ["agent", "human", "service"][number % 3]
            request.workspaceId = number % 2 == 0 ? "wks_a" : "wks_b"
            records.append(try await install.authority.createIdentity(request, by: install.admin).record)
        }
        for (number, record) in records.enumerated() where number % 5 == 0 {
            try await install.change(record, status: number % 2 == 0 ? .suspended : .retired)
        }
        _ = try await install.identity("worker-0", by: install.otherOrganisation())
        records = try records.map { try install.authority.identity($0.id, by: install.admin).record }
        for status in [nil, "active", "suspended", "retired"] {
            for type in [nil, "agent", "human", "service"] {
                for workspace in [nil, "wks_a", "wks_b", "wks_none"] {
                    let expected = records.reversed().filter { record in
                        (status == nil || record.status.rawValue == status) && (type == nil || record.type.rawValue == type)
                            && (workspace == nil || record.workspaceId == workspace)
                    }
                    let filter = filter { filter in
                        filter.status = status
                        filter.type = type
                        filter.workspaceId = workspace
                    }
                    for limit in [1, 4, 100] { #expect(try all(install, filter, limit: limit) == expected.map(\.id)) }
                }
            }
        }
    }

    @Test("refuses a status or type that does not exist")
    func unknown() async throws {
        let install = try Install()
        let page = PageRequest(limit: 1)
        #expect(
            await refusal { try install.authority.identities(page, filter: filter { $0.status = "gone" }, by: install.admin) }?.text(
                "field") == "status")
        #expect(
            await refusal { try install.authority.identities(page, filter: filter { $0.type = "robot" }, by: install.admin) }?.text("field")
                == "type")
    }

    @Test("finds a workspace by its bytes")
    func workspace() async throws {
        let install = try Install()
        var request = IdentityRequest(name: "worker", sponsorId: "user_1")
        request.workspaceId = "cafe\u{301}"
        _ = try await install.authority.createIdentity(request, by: install.admin)
        #expect(try all(install, filter { $0.workspaceId = "caf\u{e9}" }, limit: 10).count == 1)
        #expect(try all(install, filter { $0.workspaceId = "cafe" }, limit: 10).isEmpty)
    }
}
