@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Each kind of caller at each way to hand something out")
struct EscalationTableTests {
    typealias Start = EscalationWorld.Start
    typealias Step = EscalationSearch.Step

    /// What the narrow callers hold, and a scope within that, and one beyond.
    private static let held = ["relayauth:api-key:manage:*", "relayfile:fs:read:*"]
    private static let within = "relayfile:fs:read:/a"
    private static let beyond = "relayfile:fs:write:/a/b"

    private static func isWide(_ start: Start) -> Bool { start == .organisationToken || start == .socket }
    private static func hasIdentity(_ start: Start) -> Bool { [.selfServiceKey, .identityToken, .subAgentToken].contains(start) }

    private let install: Install

    init() throws {
        install = try Install.unlimited()
    }

    private func caller(_ pair: TokenPair) throws -> Caller {
        Caller(try install.authority.authenticate(token: pair.accessToken.text, audiences: nil), RequestOrigin())
    }

    /// Who begins: narrow, though the identity behind it holds everything.
    private func begin(_ start: Start) async throws -> Caller {
        switch start {
        case .socket: return try install.admin
        case .organisationToken: return try await install.caller(install.organisationToken())
        case .apiKey: return try await install.caller(install.key(Self.held))
        case .identityToken, .selfServiceKey:
            let identity = try await install.identity("bot", ["*"])
            let token = try await caller(install.issue(identity) { $0.scopes = Self.held })
            return try await start == .identityToken ? token : install.caller(install.selfService(by: token))
        case .subAgentToken:
            let parent = try await install.identity("parent", ["*"])
            return try await caller(install.subAgent("agent", of: parent, Self.held).pair)
        }
    }

    /// Takes a step that hands out a scope, and says what was gained by it.
    private func take(_ step: Step, _ scope: String, by caller: Caller) async throws -> Set<Scope> {
        let other = try await install.identity("other", ["*"])
        let key = try await install.key([scope])
        switch step {
        case .mint: return try await Abilities.of(install.caller(install.key([scope], by: caller)), in: install)
        case .selfService: return try await Abilities.of(install.caller(install.selfService(by: caller)), in: install)
        case .organisationToken: return try await Abilities.of(install.caller(install.organisationToken(by: caller)), in: install)
        case .rotate: return try await Abilities.of(install.caller(install.rotate(key, by: caller)), in: install)
        case .issue:
            let pair = try await install.issue(other, { $0.scopes = [scope] }, by: caller)
            return Abilities.of(try self.caller(pair), in: install)
        case .refresh:
            let pair = try await install.issue(other, { $0.scopes = [Self.within] }, by: caller)
            return try await Abilities.of(self.caller(install.refresh(pair)), in: install)
        case .subAgent:
            let agent = try await install.subAgent("made", of: other, [scope], by: caller)
            return try Abilities.of(self.caller(agent.pair), in: install).union(Abilities.of(agent.identity.scopes))
        case .create: return try await Abilities.of(install.identity("made", [scope], by: caller).scopes)
        case .update:
            var change = IdentityChange()
            change.scopes = [scope]
            return try await Abilities.of(install.authority.updateIdentity(other.id, change, by: caller).record.scopes)
        }
    }

    private func expect(
        _ step: Step, _ scope: String, by start: Start, _ code: AuthorityError.Code?, location: SourceLocation = #_sourceLocation
    ) async throws {
        let caller = try await begin(start)
        let limit = Abilities.of(caller, in: install)
        do {
            let gained = try await take(step, scope, by: caller)
            #expect(code == nil, sourceLocation: location)
            #expect(gained.isSubset(of: limit), sourceLocation: location)
            #expect(!gained.isEmpty, sourceLocation: location)
        } catch let error as AuthorityError {
            #expect(error.code == code, sourceLocation: location)
        }
    }

    @Test("is refused for what is beyond it", arguments: Start.allCases, Step.allCases)
    func beyond(_ start: Start, _ step: Step) async throws {
        let code: AuthorityError.Code? =
            switch step {
            case .selfService: Self.hasIdentity(start) ? nil : .identityRequired
            case .refresh: nil
            case .mint, .organisationToken, .rotate, .issue, .subAgent, .create, .update: Self.isWide(start) ? nil : .scopeEscalation
            }
        try await expect(step, Self.beyond, by: start, code)
    }

    @Test("is let through with what it holds", arguments: Start.allCases, Step.allCases)
    func within(_ start: Start, _ step: Step) async throws {
        let code: AuthorityError.Code? =
            switch step {
            case .selfService: Self.hasIdentity(start) ? nil : .identityRequired
            case .organisationToken: Self.isWide(start) ? nil : .scopeEscalation
            case .mint, .rotate, .issue, .refresh, .subAgent, .create, .update: nil
            }
        try await expect(step, Self.within, by: start, code)
    }

    @Test("rotates no self-service key but its identity's own, and of these none that is wider", arguments: Start.allCases)
    func selfServiceKeys(_ start: Start) async throws {
        let caller = try await begin(start)
        let other = try await install.identity("other", ["*"])
        let theirs = try await install.selfService(by: self.caller(install.issue(other)))
        #expect(await refusal { try await install.rotate(theirs, by: caller) }?.code == .notKeyOwner)
        guard let id = caller.principal.identityId else { return }
        let own = try install.authority.identity(id, by: install.admin).record
        try await install.give(["*"], to: own)
        let wide = try await install.selfService(by: self.caller(install.issue(own)))
        #expect(await refusal { try await install.rotate(wide, by: caller) }?.code == .scopeEscalation)
    }
}
