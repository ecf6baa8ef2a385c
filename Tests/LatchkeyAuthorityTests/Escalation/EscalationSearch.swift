@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// Looks for a way to come by more than one begins with: random chains of up to four steps that succeed, each made by any of the
/// credentials that the chain has come by, while the identity behind the first is narrowed now and then.
final class EscalationSearch {
    enum Step: String, CaseIterable {
        case mint, selfService, organisationToken, rotate, issue, subAgent, refresh, create, update
    }

    /// What a step gave away.
    private enum Gain {
        case credential(EscalationWorld.Credential)
        /// An identity that was made or changed, and what it holds.
        case identity(IdentityRecord)
        case both(EscalationWorld.Credential, IdentityRecord)
    }

    private static let longest = 4
    private static let attempts = 14

    private let world: EscalationWorld
    private var dice: Dice
    private var names = 0
    /// How often each step was made, and how often it was refused.
    private(set) var made: [Step: Int] = [:]
    private(set) var refused: [Step: Int] = [:]
    /// The ways that were found.
    private(set) var found: [String] = []

    init(seed: UInt64) async throws {
        world = try await EscalationWorld()
        dice = Dice(seed)
    }

    private var install: Install { world.install }

    /// Follows one chain.
    func chain(from start: EscalationWorld.Start) async throws {
        let (first, holder) = try await world.begin(start, &dice)
        guard let caller = try world.caller(first) else {
            Issue.record("a chain begins with a dead credential")
            return
        }
        let limit = Abilities.of(caller, in: install)
        var way = ["\(start): \(caller.principal.held.texts) of \(holder?.scopes ?? [])"]
        var credentials = [first]
        // A refresh may give back what its session's issue gave, as far as the identity holds it then (contract §6).
        var issued: [String: Set<Scope>] = [:]
        if case .pair(let pair) = first { issued[pair.sessionId] = limit }
        var identities = world.identities.map(\.record)
        var keys = world.keys
        if case .key(let key) = first { keys.append(key) }
        var steps = 0
        for _ in 0..<Self.attempts where steps < Self.longest {
            if let holder, Int.random(in: 0..<5, using: &dice) == 0 {
                let scopes = EscalationWorld.some(of: holder.scopes, &dice)
                try await install.give(scopes, to: holder.record)
                way.append("narrowed to \(scopes)")
            }
            let credential = credentials.randomElement(using: &dice)!
            guard let caller = try world.caller(credential) else { continue }
            let step = Step.allCases.randomElement(using: &dice)!
            var handed = try world.handed(by: caller)
            if step == .refresh, case .pair(let pair) = credential {
                handed = try #require(issued[pair.sessionId]).intersection(world.held(by: caller))
            }
            var asked: [String] = []
            do {
                guard let gain = try await take(step, credential, caller, identities, keys, &asked) else { continue }
                steps += 1
                made[step, default: 0] += 1
                way.append("\(step) \(asked) by \(credentials.count) credentials' \(caller.principal.held.texts)")
                switch gain {
                case .credential(let new):
                    credentials.append(new)
                    try judge(new, against: handed, way)
                case .identity(let record):
                    if !identities.contains(where: { $0.id == record.id }) { identities.append(record) }
                    try judge(Abilities.of(record.scopes), against: handed, way)
                case .both(let new, let record):
                    credentials.append(new)
                    identities.append(record)
                    try judge(new, against: handed, way)
                    try judge(Abilities.of(record.scopes), against: handed, way)
                }
                if case .key(let key)? = credentials.last { keys.append(key) }
                if case .pair(let pair)? = credentials.last, issued[pair.sessionId] == nil, let caller = try world.caller(.pair(pair)) {
                    issued[pair.sessionId] = Abilities.of(caller, in: install)
                }
            } catch let error as AuthorityError {
                #expect([.scopeEscalation, .insufficientScope, .notKeyOwner, .identityRequired].contains(error.code), "\(step): \(error)")
                refused[step, default: 0] += 1
            }
        }
        // Whoever gets back what was taken can do again what it could, and nothing else.
        try await world.restore()
        if let holder { try await install.give(holder.scopes, to: holder.record) }
        for credential in credentials { try judge(credential, against: limit, way + ["restored"]) }
    }

    /// - Returns: `nil` for a step that this credential can't take.
    private func take(
        _ step: Step, _ credential: EscalationWorld.Credential, _ caller: Caller, _ identities: [IdentityRecord], _ keys: [Minted],
        _ asked: inout [String]
    ) async throws -> Gain? {
        asked = EscalationWorld.some(of: Abilities.grants, &dice)
        let identity = identities.randomElement(using: &dice)!
        let named = Bool.random(using: &dice) ? asked : nil
        names += 1
        switch step {
        case .mint: return .credential(.key(try await install.key(asked, by: caller)))
        case .selfService: return .credential(.key(try await install.selfService(by: caller)))
        case .organisationToken: return .credential(.key(try await install.organisationToken(by: caller)))
        case .rotate:
            let key = keys.randomElement(using: &dice)!
            asked = key.record.scopes
            return .credential(.key(try await install.rotate(key, overlap: 3600, by: caller)))
        case .issue:
            return .credential(.pair(try await install.issue(identity, { $0.scopes = named }, by: caller)))
        case .subAgent:
            guard identity.sponsorChain.count < 10 else { return nil }
            let agent = try await install.subAgent("made \(names)", of: identity, named, by: caller)
            return .both(.pair(agent.pair), agent.identity)
        case .refresh:
            guard case .pair(let pair) = credential else { return nil }
            do {
                return .credential(.pair(try await install.refresh(pair)))
            } catch let error as AuthorityError where error.code == .invalidRefreshToken {
                return nil
            }
        case .create: return .identity(try await install.identity("made \(names)", asked, by: caller))
        case .update:
            var change = IdentityChange()
            change.scopes = asked
            return .identity(try await install.authority.updateIdentity(identity.id, change, by: caller).record)
        }
    }

    private func judge(_ credential: EscalationWorld.Credential, against limit: Set<Scope>, _ way: [String]) throws {
        guard let caller = try world.caller(credential) else { return }
        try judge(Abilities.of(caller, in: install), against: limit, way)
    }

    private func judge(_ abilities: Set<Scope>, against limit: Set<Scope>, _ way: [String]) throws {
        guard let gained = abilities.subtracting(limit).map(\.text).min() else { return }
        found.append("\(gained) by way of\n  " + way.joined(separator: "\n  "))
    }
}
