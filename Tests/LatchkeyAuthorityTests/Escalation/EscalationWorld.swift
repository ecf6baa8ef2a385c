@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// An install with identities and keys of others, some of which hold a lot, for a search to reach for.
struct EscalationWorld {
    /// Something that somebody can call with.
    enum Credential: Sendable {
        case socket
        case key(Minted)
        case pair(TokenPair)
    }

    /// What a chain begins with.
    enum Start: String, CaseIterable, Sendable {
        case apiKey, selfServiceKey, organisationToken, identityToken, subAgentToken, socket
    }

    let install: Install
    /// The identities, with what they hold.
    let identities: [(record: IdentityRecord, scopes: [String])]
    /// Keys of others, to be rotated.
    let keys: [Minted]

    init() async throws {
        install = try Install.unlimited()
        let holdings = [
            ["*:*:*:*"], ["relayauth:*:*:*", "cloud:run:manage:*"], ["relayauth:api-key:manage:*", "relayfile:fs:manage:/a/*"],
            ["relayfile:fs:*:*"], ["relayauth:token:create:*", "relayfile:fs:read:*", "relayfile:fs:write:/a/b"],
        ]
        var identities: [(record: IdentityRecord, scopes: [String])] = []
        var keys = [
            try await install.key(["*"]), try await install.key(["relayfile:fs:manage:/a/*"]), try await install.organisationToken(),
        ]
        for (number, scopes) in holdings.enumerated() {
            let record = try await install.identity("holder \(number)", scopes)
            identities.append((record, scopes))
            keys.append(try await install.selfService(by: install.caller(Self.pair(of: record, scopes, in: install))))
        }
        self.identities = identities
        self.keys = keys
    }

    private static func pair(of record: IdentityRecord, _ scopes: [String], in install: Install) async throws -> TokenPair {
        try await install.issue(record) {
            $0.scopes = scopes
            $0.audience = ["relayauth"]
        }
    }

    /// A credential to begin with, the identity behind it, if any, and what that identity was given.
    func begin(
        _ start: Start, _ dice: inout Dice
    ) async throws -> (credential: Credential, identity: (record: IdentityRecord, scopes: [String])?) {
        let holder = identities.randomElement(using: &dice)!
        let some = Self.some(of: holder.scopes, &dice)
        switch start {
        case .socket: return (.socket, nil)
        case .organisationToken: return (.key(try await install.organisationToken()), nil)
        case .apiKey: return (.key(try await install.key(Self.some(of: Abilities.grants, &dice))), nil)
        case .identityToken: return (.pair(try await Self.pair(of: holder.record, some, in: install)), holder)
        case .selfServiceKey:
            let caller = try await install.caller(Self.pair(of: holder.record, some, in: install))
            return (.key(try await install.selfService(by: caller)), holder)
        case .subAgentToken:
            let agent = try await install.subAgent("agent \(dice.next())", of: holder.record, holder.scopes)
            return (.pair(try await Self.pair(of: agent.identity, some, in: install)), (agent.identity, holder.scopes))
        }
    }

    /// One or two of some scopes.
    static func some(of scopes: [String], _ dice: inout Dice) -> [String] {
        Array(scopes.shuffled(using: &dice).prefix(Int.random(in: 1...2, using: &dice)))
    }

    /// Who calls with a credential; `nil` when it is dead.
    func caller(_ credential: Credential) throws -> Caller? {
        switch credential {
        case .socket: try install.admin
        case .key(let key): try? install.caller(key)
        case .pair(let pair): try? Caller(install.authority.authenticate(token: pair.accessToken.text, audiences: nil), RequestOrigin())
        }
    }

    /// What a caller may hand out: what it can do, as far as the identity behind it holds that now.
    func handed(by caller: Caller) throws -> Set<Scope> {
        try Abilities.of(caller, in: install).intersection(held(by: caller))
    }

    /// What the identity behind a caller holds now; everything when there is none.
    func held(by caller: Caller) throws -> Set<Scope> {
        guard let id = caller.principal.identityId else { return Set(Abilities.asked) }
        return try Abilities.of(install.authority.identity(id, by: install.admin).record.scopes)
    }

    /// Gives all identities what they were given at first.
    func restore() async throws {
        for (record, scopes) in identities { try await install.give(scopes, to: record) }
    }
}
