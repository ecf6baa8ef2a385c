@testable import LatchkeyAuthority
import LatchkeyStore
@testable import LatchkeyVerifier
import Testing

/// A random life of an install, in which everything happens that makes tokens and everything that ends them.
final class Life {
    private(set) var install: Install
    /// Every pair that was ever issued, whatever became of it.
    private(set) var pairs: [TokenPair] = []
    /// What was done, for whoever has to find out why two verdicts differ.
    private(set) var story: [String] = []
    private var identities: [IdentityRecord] = []
    private var keys: [Minted] = []
    private var backup: [UInt8]?
    private var dice: Dice
    /// Seconds that the wall clock stands beside the time: within what is taken for right.
    private var drift: Int64 = 0

    init(seed: UInt64) throws {
        dice = Dice(seed)
        install = try Install.prepared { $0.mintsPerHour = 0 }
    }

    private func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &dice) }

    /// One thing after the other. What is refused is part of life.
    func step() async throws {
        do {
            switch roll(40) {
            case 0..<4: try await makeIdentity()
            case 4..<6: try await makeSubAgent()
            case 6..<8: keys.append(try await install.key(["*"]))
            case 8..<17: try await issue()
            case 17..<21: try await refresh()
            case 21..<23: try await revokeToken()
            case 23..<25: try await revokeSession()
            case 25..<27: try await revokeIdentity()
            case 27: try await revokeKey()
            case 28..<30: try await suspend()
            case 30..<32: try await reactivate()
            case 32: try await end()
            case 33: try await reuse()
            case 34: try await restart()
            case 35: try await restore()
            case 36: try await changeKeys()
            case 37: await tidy()
            default: letTimeGo()
            }
        } catch let error as AuthorityError {
            story.append("refused: \(error.code.rawValue)")
        }
    }

    private func caller() throws -> Caller {
        guard roll(2) == 0, let key = keys.randomElement(using: &dice) else { return try install.admin }
        return try install.caller(key)
    }

    /// Mostly somebody who is active: what is issued to others is refused.
    private func anybody() -> IdentityRecord? {
        guard roll(4) > 0 else { return identities.randomElement(using: &dice) }
        let active = identities.filter { (try? install.shown($0))?.status == .active }
        return active.randomElement(using: &dice) ?? identities.randomElement(using: &dice)
    }

    private func makeIdentity() async throws {
        let record = try await install.identity("identity \(story.count)", Family.scopes, by: caller())
        identities.append(record)
        story.append("created \(record.id)")
    }

    private func makeSubAgent() async throws {
        guard let parent = anybody() else { return }
        let made = try await install.subAgent("agent \(story.count)", of: parent, by: caller())
        identities.append(made.identity)
        pairs.append(made.pair)
        story.append("created \(made.identity.id) under \(parent.id), token \(pairs.count - 1)")
    }

    private func issue() async throws {
        guard let identity = anybody() else { return try await makeIdentity() }
        let life = [60, 600, 3600, 86_400].randomElement(using: &dice)!
        let pair = try await install.issue(identity, { $0.expiresIn = Double(life) }, by: caller())
        pairs.append(pair)
        story.append("issued token \(pairs.count - 1) to \(identity.id)")
    }

    private func refresh() async throws {
        guard let pair = pairs.randomElement(using: &dice) else { return }
        let next = try await install.refresh(pair)
        // A repeat within the retry window is the same pair.
        guard !pairs.contains(where: { $0.tokenId == next.tokenId }) else { return }
        pairs.append(next)
        story.append("refreshed to token \(pairs.count - 1)")
    }

    private func reuse() async throws {
        guard let pair = pairs.randomElement(using: &dice) else { return }
        let next = try await install.refresh(pair)
        if !pairs.contains(where: { $0.tokenId == next.tokenId }) { pairs.append(next) }
        install.clock.advance(seconds: 11)
        story.append("used a refresh token twice, of the session \(pair.sessionId)")
        _ = try await install.refresh(pair)
    }

    private func revokeToken() async throws {
        guard let pair = pairs.randomElement(using: &dice) else { return }
        try await install.authority.revoke(.token(pair.tokenId), by: install.admin)
        story.append("revoked the token \(pair.tokenId)")
    }

    private func revokeSession() async throws {
        guard let pair = pairs.randomElement(using: &dice) else { return }
        try await install.authority.revoke(.session(pair.sessionId), by: install.admin)
        story.append("revoked the session \(pair.sessionId)")
    }

    private func revokeIdentity() async throws {
        guard let identity = identities.randomElement(using: &dice) else { return }
        try await install.authority.revoke(.identity(identity.id), by: install.admin)
        story.append("revoked all of \(identity.id)")
    }

    private func revokeKey() async throws {
        guard let key = keys.randomElement(using: &dice) else { return }
        _ = try await install.revokeAll(from: key)
        story.append("revoked all that came from \(key.record.id)")
    }

    private func suspend() async throws {
        guard let identity = identities.randomElement(using: &dice) else { return }
        try await install.suspend(identity)
        story.append("suspended \(identity.id)")
    }

    private func reactivate() async throws {
        guard let identity = identities.randomElement(using: &dice) else { return }
        try await install.reactivate(identity)
        story.append("reactivated \(identity.id)")
    }

    private func end() async throws {
        guard let identity = identities.randomElement(using: &dice) else { return }
        let fate: Fate = roll(2) == 0 ? .retire : .delete
        try await fate.meet(identity.id, in: install)
        story.append("\(fate.rawValue)d \(identity.id)")
    }

    /// Perhaps by a clock that stands a little earlier.
    private func restart() async throws {
        turnClock()
        install = try await install.restarted { $0.mintsPerHour = 0 }
        story.append("restarted at \(install.clock.now())")
    }

    private func restore() async throws {
        guard let taken = backup else {
            backup = try await install.backup()
            return story.append("backed up")
        }
        backup = nil
        let learns = roll(3) > 0
        install = try await Restored.of(install, taken, readsReplaced: learns).install
        story.append("restored\(learns ? "" : ", and nothing was learned")")
    }

    private func changeKeys() async throws {
        if roll(2) == 0 {
            _ = try await install.authority.rotateKeys(now: true, by: install.admin)
            story.append("rotated the signing keys")
        } else {
            _ = try await install.authority.revokeKey(install.signer.kid, reason: "stolen", by: install.admin)
            story.append("revoked the signer")
        }
    }

    private func tidy() async {
        await install.authority.tendKeys()
        while await install.authority.upkeep() {}
        story.append("upkeep")
    }

    private func letTimeGo() {
        if roll(3) == 0 { turnClock() }
        let milliseconds = [0, 1, 999, 60_000, 600_000, 7_200_000].randomElement(using: &dice)!
        install.clock.advance(milliseconds: Int64(milliseconds))
        story.append("it is \(install.clock.now())")
    }

    /// Back, and the next time to where it was.
    private func turnClock() {
        let step = drift == 0 ? -Int64(roll(40)) : -drift
        install.clock.step(seconds: step)
        drift += step
    }

    /// Holds the verdict of a verifier that has a bundle of this moment against the one here, for every token that was ever issued.
    func compare(_ seed: UInt64) async throws {
        let verifier: TokenVerifier
        do {
            verifier = try await install.offline()
        } catch let error as AuthorityError {
            return story.append("no bundle: \(error.code.rawValue)")
        }
        for (number, pair) in pairs.enumerated() {
            let isLive = try install.isLive(pair)
            let reason = install.verdict(on: pair, by: verifier)
            guard isLive != (reason == nil) else { continue }
            let told = story.suffix(40).joined(separator: "\n")
            Issue.record(
                "seed \(seed): token \(number) (\(pair.tokenId)) lives: \(isLive), offline: \(reason?.rawValue ?? "good")\n\(told)")
        }
    }

    /// How many tokens live.
    func alive() throws -> Int { try pairs.count { try install.isLive($0) } }
}
