@testable import LatchkeyAuthority
import LatchkeyStore
import Testing

@Suite("A caller that is narrowed before what it asked for is committed")
struct NarrowedMeanwhileTests {
    /// The ways to hand something out.
    enum Step: CaseIterable, Sendable {
        case mint, rotation, organisationToken, identity, change, token, subAgent
    }

    @Test("hands out nothing of what was taken from it", arguments: Step.allCases)
    func refused(_ step: Step) async throws {
        let install = try Install { $0.organisationTokensPerHour = 0 }
        let identity = try await install.identity("narrowed", ["*"])
        let caller = try await install.caller(install.issue(identity))
        let all = try await install.identity("all", ["*"])
        let few = try await install.identity("few", ["relayfile:fs:read:*"])
        let key = try await install.key(["*"])
        let before = try install.counts()
        let (narrowing, late) = try await install.inOrder({ try await install.give(["relayauth:*:*:*"], to: identity) }) {
            switch step {
            case .mint: _ = try await install.key(["relayfile:fs:read:*"], by: caller)
            case .rotation: _ = try await install.rotate(key, by: caller)
            case .organisationToken: _ = try await install.organisationToken(by: caller)
            case .identity: _ = try await install.identity("made", ["relayfile:fs:read:*"], by: caller)
            case .change:
                var change = IdentityChange()
                change.scopes = ["relayfile:fs:*:*"]
                _ = try await install.authority.updateIdentity(few.id, change, by: caller)
            case .token: _ = try await install.issue(all, { $0.scopes = ["relayfile:fs:read:*"] }, by: caller)
            case .subAgent: _ = try await install.subAgent("child", of: all, ["relayfile:fs:read:*"], by: caller)
            }
        }
        try narrowing.get()
        #expect(late.refusalCode == .scopeEscalation)
        let after = try install.counts()
        for table in ["api-keys", "identities", "sessions", "tokens"] { #expect(after[table] == before[table], "\(table)") }
        #expect(try install.shown(few).scopes == ["relayfile:fs:read:*"])
        #expect(await install.isLive(key))
    }
}
