@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

@Suite("What watchers are told")
struct TruthfulEventTests {
    @Test("of a token for another plane is that it was refused, and nothing that was allowed")
    func audience() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayfile:fs:read:*"])
        let pair = try await install.issue(identity) { $0.audience = ["relayfile"] }
        let watcher = try install.watch()
        let caller = try Caller(
            install.authority.authenticate(token: pair.accessToken.text, audiences: nil), RequestOrigin(requestId: "r"))
        let refused = await refusal { try install.authority.authorize("relaycast:message:send:*", by: caller) }
        #expect(refused?.code == .invalidToken)
        let told = try await LatchkeyAuthorityTests.told(watcher)
        #expect(told.map(\.type) == ["token.invalid"] && told.map(\.result) == ["denied"])
        let next = try install.watch()
        _ = try install.authority.authorize("relayfile:fs:read:/a", by: caller)
        let allowed = try await LatchkeyAuthorityTests.told(next)
        #expect(allowed.map(\.type) == ["token.verified", "scope.check"] && allowed.allSatisfy { $0.result == "allowed" })
    }

    @Test("of a token that lacks a required scope is the denial, too")
    func required() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity("worker", ["relayfile:fs:read:*"]))
        let watcher = try install.watch()
        let verdict = try install.authority.validate(
            pair.accessToken.text, requiring: ["relayfile:fs:read:/a", "relayfile:fs:write:/a"], by: install.admin)
        #expect(verdict.claims == nil && verdict.missing == ["relayfile:fs:write:/a"])
        let told = try await LatchkeyAuthorityTests.told(watcher)
        #expect(told.last?.type == "scope.check" && told.last?.result == "denied")
    }

    @Test("of a suspension of more than a watcher keeps for others reaches one that does not read meanwhile")
    func cascade() async throws {
        let install = try Install()
        let parent = try await install.identity("parent", ["relayauth:*:*:*"])
        let caller = try await install.caller(install.issue(parent))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<5000 { group.addTask { _ = try await install.identity("child \(number)", [], by: caller) } }
            try await group.waitForAll()
        }
        let watcher = try install.watch()
        try await install.suspend(parent)
        #expect(watcher.ending == nil)
        #expect(try await told(watcher).count { $0.type == "identity.suspended" } == 5001)
    }

    @Test("is what the operator hears also while a tenant takes all of its own places")
    func places() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(["*"]))
        var watchers: [EventSubscription] = []
        for _ in 0..<EventHub.mostOfOne { watchers.append(try install.authority.subscribe(types: nil, by: caller)) }
        #expect(await refusal { try install.authority.subscribe(types: nil, by: caller) }?.code == .tooManySubscribers)
        watchers.append(try install.watch())
        #expect(watchers.allSatisfy { $0.ending == nil })
    }

    @Test("and what an identity did itself is its activity, as what was done to it")
    func activity() async throws {
        let install = try Install()
        let identity = try await install.identity("worker", ["relayauth:*:*:*"])
        let caller = try await install.caller(install.issue(identity))
        let key = try await install.key(["relayauth:identity:read:*"], by: caller)
        let page = try install.authority.activity(of: identity.id, AuditFilter(), PageRequest(limit: 10), by: install.admin)
        let actions = try page.elements.map { try $0.record() }
        #expect(actions.map(\.action) == [.apiKeyCreated, .tokenIssued, .identityCreated])
        #expect(actions.first?.metadata["apiKeyId"] == key.record.id)
    }

    @Test("and a sub-agent that is beyond the limit costs no signature, whether one could be made or not")
    func limitBeforeSignature() async throws {
        let install = try Install { $0.mintsPerHour = 1 }
        let parent = try await install.identity("parent", ["relayauth:*:*:*"])
        let caller = try await install.caller(install.key(["*"]))
        _ = try await install.subAgent("one", of: parent, by: caller)
        install.authority.signing.close()
        let refused = await refusal { try await install.subAgent("two", of: parent, by: caller) }
        #expect(refused?.code == .rateLimited)
    }
}
