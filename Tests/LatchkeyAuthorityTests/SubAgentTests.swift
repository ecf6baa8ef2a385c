@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Sub-agents")
struct SubAgentTests {
    private let scopes = ["relayfile:fs:read:*", "relayfile:fs:write:*"]

    private func list(_ install: Install, _ id: String, limit: Int, by caller: Caller? = nil) throws -> [String] {
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try PageRequest(limit: String(limit), cursor: cursor, kind: .identity)
            let found = try install.authority.subAgents(of: id, page, by: caller ?? install.admin)
            #expect(found.elements.count <= limit)
            seen += found.elements.map(\.record.id)
            cursor = found.cursor
        } while cursor != nil
        return seen
    }

    @Test("come under their parent, with a first token pair, in one commit")
    func made() async throws {
        let install = try Install()
        var request = IdentityRequest(name: "parent", sponsorId: "user_1")
        request.scopes = scopes
        request.workspaceId = "wks_7"
        let parent = try await install.authority.createIdentity(request, by: install.admin).record
        let key = try await install.key(["*"])
        let batches = install.store.statistics.batches
        var asked = SubAgentRequest(name: "cafe\u{301}")
        asked.metadata = ["k": "v"]
        let made = try await install.authority.createSubAgent(
            asked, of: parent.id, by: Caller(install.caller(key).principal, RequestOrigin(), named: parent.orgId))
        #expect(install.store.statistics.batches == batches + 1)
        let child = made.identity
        #expect(child.name == "caf\u{e9}" && child.type == .agent && child.status == .active && child.metadata == ["k": "v"])
        #expect(child.workspaceId == "wks_7" && child.orgId == parent.orgId && child.sponsorId == "user_1")
        #expect(child.sponsorChain == ["user_1", parent.id, child.id] && child.parentId == parent.id)
        #expect(child.createdBy == "api-key:\(key.record.prefix)" && child.makerId == key.record.id && child.rootId == key.record.id)
        #expect(try install.shown(child) == child)
        let claims = try install.claims(made.pair)
        #expect(claims.subject == child.id && claims.workspace == "wks_7" && claims.sponsorChain == child.sponsorChain)
        #expect(claims.scopes == scopes && claims.audience == ["relayfile"])
        #expect(try install.isLive(made.pair))
        _ = try await install.refresh(made.pair)
        let entries = try install.audit().suffix(3)
        #expect(entries.map(\.action) == [.identityCreated, .tokenIssued, .tokenRefreshed])
        #expect(entries.map(\.identityId) == [child.id, child.id, child.id])
        #expect(entries.first?.metadata["parentId"] == parent.id)
        try install.expectTrueIndexes()
    }

    @Test("hold what was asked for, nothing for an empty list, and by default what parent and caller both hold")
    func granted() async throws {
        let install = try Install()
        let parent = try await install.identity("parent", scopes)
        let narrow = try await install.caller(install.key(["relayfile:fs:read:*", "cloud:run:invoke:*"]))
        #expect(try await install.subAgent("1", of: parent).identity.scopes == scopes)
        #expect(try await install.subAgent("2", of: parent, by: narrow).identity.scopes == ["relayfile:fs:read:*"])
        let none = try await install.subAgent("3", of: parent, [], by: narrow)
        #expect(try none.identity.scopes.isEmpty && install.claims(none.pair).scopes.isEmpty)
        let asked = try await install.subAgent("4", of: parent, ["relayfile:fs:read:/docs/*"], by: narrow)
        #expect(asked.identity.scopes == ["relayfile:fs:read:/docs/*"])
        #expect(try install.claims(asked.pair).scopes == ["relayfile:fs:read:/docs/*"])
        let bare = try await install.identity("bare", [])
        #expect(try await install.subAgent("5", of: bare, by: narrow).identity.scopes.isEmpty)
    }

    @Test("hold no more than the parent, and no more than the caller")
    func escalation() async throws {
        let install = try Install()
        let parent = try await install.identity("parent", scopes)
        let narrow = try await install.caller(install.key(["relayfile:fs:read:*", "cloud:run:invoke:*"]))
        let stranger = try await install.caller(install.key(["cloud:run:invoke:*"]))
        let before = try install.contents()
        let beyond = await refusal {
            try await install.subAgent("x", of: parent, ["relayfile:fs:read:*", "cloud:run:invoke:*"], by: narrow)
        }
        #expect(beyond?.code == .insufficientScope && beyond?.text("required") == "cloud:run:invoke:*")
        #expect(beyond?.list("actual") == scopes)
        let escalated = await refusal { try await install.subAgent("x", of: parent, scopes, by: narrow) }
        #expect(escalated?.code == .scopeEscalation && escalated?.text("required") == "relayfile:fs:write:*")
        let nothing = await refusal { try await install.subAgent("x", of: parent, by: stranger) }
        #expect(nothing?.code == .scopeEscalation && nothing?.text("required") == "relayfile:fs:read:*")
        // Beyond both: the identity's own limit is told first (contract §1).
        #expect(await refusal { try await install.subAgent("x", of: parent, ["*"], by: stranger) }?.code == .insufficientScope)
        #expect(try install.contents() == before)
    }

    @Test("form a chain of ten links, and no longer one")
    func chain() async throws {
        let install = try Install()
        var last = try await install.identity("agent-1", scopes)
        for number in 2...9 {
            last = try await install.subAgent("agent-\(number)", of: last).identity
            #expect(last.sponsorChain.count == number + 1)
        }
        let before = try install.contents()
        #expect(await refusal { try await install.subAgent("agent-10", of: last) }?.code == .sponsorChainTooLong)
        #expect(try install.contents() == before)
    }

    @Test("come under nobody who is suspended, retired, unknown or another organisation's")
    func parents() async throws {
        let install = try Install()
        let suspended = try await install.identity("suspended", scopes)
        let retired = try await install.identity("retired", scopes)
        let theirs = try await install.identity("theirs", scopes, by: install.otherOrganisation())
        try await install.suspend(suspended)
        try await Fate.retire.meet(retired.id, in: install)
        let narrow = try await install.caller(install.key(["cloud:run:invoke:*"]))
        let before = try install.contents()
        for caller in [try install.admin, narrow] {
            let one = await refusal { try await install.subAgent("x", of: suspended, ["*"], by: caller) }
            #expect(one?.code == .identitySuspended && one?.text("identityId") == suspended.id)
            let two = await refusal { try await install.subAgent("x", of: retired, ["*"], by: caller) }
            #expect(two?.code == .identityRetired && two?.text("identityId") == retired.id)
            #expect(await refusal { try await install.subAgent("x", of: theirs, ["*"], by: caller) }?.code == .identityNotFound)
        }
        for id in ["agent_00000000000000000000000000", "", "tok_00000000000000000000000000"] {
            #expect(
                await refusal {
                    try await install.authority.createSubAgent(SubAgentRequest(name: "x"), of: id, by: install.admin)
                }?.code == .identityNotFound)
            #expect(await refusal { try list(install, id, limit: 1) }?.code == .identityNotFound)
        }
        #expect(await refusal { try list(install, theirs.id, limit: 1) }?.code == .identityNotFound)
        let named = Caller(try install.admin.principal, RequestOrigin(), named: theirs.orgId)
        #expect(
            await refusal { try await install.authority.createSubAgent(SubAgentRequest(name: "x"), of: suspended.id, by: named) }?.code
                == .organisationMismatch)
        #expect(try install.contents() == before)
    }

    @Test("count as mints of the caller's root and address")
    func limit() async throws {
        let install = try Install { $0.mintsPerHour = 2 }
        let parent = try await install.identity("parent", scopes)
        let caller = try await install.caller(install.key(["*"]))
        for number in 0..<2 { _ = try await install.subAgent("s\(number)", of: parent, by: caller) }
        let before = try install.contents()
        #expect(await refusal { try await install.subAgent("s2", of: parent, by: caller) }?.code == .rateLimited)
        #expect(try install.contents() == before)
        // One thing: what is refused for another reason costs no mint, and the operator is not limited.
        for number in 3..<9 { _ = try await install.subAgent("s\(number)", of: parent) }
        install.clock.advance(seconds: 1800)
        #expect(await refusal { try await install.subAgent("s3", of: parent, by: caller) }?.code == .identityAlreadyExists)
        _ = try await install.subAgent("s2", of: parent, by: caller)
        #expect(await refusal { try await install.key(["relayfile:fs:read:*"], by: caller) }?.code == .rateLimited)
    }

    @Test("have a first token that lives as long as was asked, within the organisation's bounds")
    func lives() async throws {
        let install = try Install()
        let parent = try await install.identity("parent", scopes)
        func life(_ name: String, _ ttl: Double?) async throws -> Int64 {
            let claims = try await install.claims(install.subAgent(name, of: parent, ttl: ttl).pair)
            return claims.expiresAt - claims.issuedAt
        }
        #expect(try await life("1", nil) == 3600)
        #expect(try await life("2", 60) == 60)
        #expect(try await life("3", 1e9) == 86_400)
        let before = try install.contents()
        for ttl in [0, -1, 0.5, 1.5, .nan, .infinity] {
            #expect(await refusal { try await install.subAgent("x", of: parent, ttl: ttl) }?.text("field") == "ttl")
        }
        #expect(await refusal { try await install.subAgent("", of: parent) }?.text("field") == "name")
        #expect(await refusal { try await install.subAgent("x", of: parent, ["relayfile:fs:reed"]) }?.code == .invalidScope)
        #expect(await refusal { try await install.subAgent("1", of: parent) }?.code == .identityAlreadyExists)
        #expect(try install.contents() == before)
    }

    @Test("get one name once, when many ask for it at once")
    func concurrent() async throws {
        let install = try Install()
        let parent = try await install.identity("parent", scopes)
        let made = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { await refusal { try await install.subAgent("x", of: parent) } == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 1)
        #expect(try install.counts()["identities"] == 2 && install.counts()["tokens"] == 1 && install.counts()["sessions"] == 1)
    }

    @Test("are listed newest first, each once, whatever the size of the page; theirs are not among them", arguments: 1...6)
    func listed(_ limit: Int) async throws {
        let install = try Install()
        let parent = try await install.identity("parent", scopes)
        var children: [IdentityRecord] = []
        for number in 0..<5 {
            children.append(try await install.subAgent("child-\(number)", of: parent).identity)
            if number % 2 == 0 { install.clock.advance(milliseconds: 1) }
        }
        _ = try await install.subAgent("grandchild", of: children[0])
        try await install.suspend(children[1])
        #expect(try list(install, parent.id, limit: limit) == children.reversed().map(\.id))
        try await install.authority.deleteIdentity(children[3].id, by: install.admin)
        #expect(try list(install, parent.id, limit: limit) == [4, 2, 1, 0].map { children[$0].id })
        #expect(try list(install, children[4].id, limit: limit).isEmpty)
    }
}
