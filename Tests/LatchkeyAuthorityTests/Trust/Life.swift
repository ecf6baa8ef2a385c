@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier

/// A random life of an install, in which everything happens that makes tokens and everything that ends them. Every second one is the life of
/// an install that brought a legacy secret, and goes back and forth between the phases of its cutover.
final class Life {
    private(set) var install: Install
    /// Every pair that was ever issued here, whatever became of it.
    private(set) var pairs: [TokenPair] = []
    /// What the issuer before this install issued meanwhile.
    var oldTokens: [OldToken] = []
    /// What was done, for whoever has to find out why two verdicts differ.
    var story: [String] = []
    private(set) var identities: [IdentityRecord] = []
    /// Holds bundles up between two steps of their making.
    let halt = Halt(at: "bundle: fixed", "bundle: page read", "bundle: signed")
    private let preparedKeys = PreparedKeys()
    private var keys: [Minted] = []
    private var backup: [UInt8]?
    var dice: Dice
    /// Seconds that the wall clock stands beside the time: within what is taken for right.
    private var drift: Int64 = 0
    /// Whether the host was started with a clock that is days ahead, and nobody has noticed yet.
    private var isAhead = false
    let isInCutover: Bool
    /// An organisation beside the first one, where there is one.
    var neighbour: String?

    init(seed: UInt64) async throws {
        dice = Dice(seed)
        isInCutover = seed.isMultiple(of: 2)
        install = try Install(Self.settings, seams: Self.seams(preparedKeys, halt))
        if isInCutover { try await beginCutover() }
    }

    private static func settings(_ settings: inout AuthoritySettings) { settings.mintsPerHour = 0 }

    private static func seams(_ keys: PreparedKeys, _ halt: Halt) -> AuthoritySeams {
        var seams = AuthoritySeams()
        seams.makeKey = keys.maker
        seams.afterStep = halt.seam
        return seams
    }

    private func restarted(_ install: Install) async throws -> Install {
        try await install.restarted(Self.settings, seams: Self.seams(preparedKeys, halt))
    }

    func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &dice) }

    /// One thing after the other. What is refused is part of life.
    func step() async throws {
        do {
            if isInCutover, roll(5) == 0 { return try await stepInCutover() }
            switch roll(44) {
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
            case 40, 41: try await missetClock()
            case 42, 43: try await compareMeanwhile()
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

    /// A token for somebody who is active, whoever has to be made for it.
    func issueSurely() async throws {
        do {
            if !identities.contains(where: { (try? install.shown($0))?.status == .active }) {
                identities.append(try await install.identity("identity \(story.count)", Family.scopes))
            }
            guard let identity = identities.last(where: { (try? install.shown($0))?.status == .active }) else { return }
            pairs.append(try await install.issue(identity) { $0.expiresIn = 3600 })
            story.append("issued token \(pairs.count - 1) to \(identity.id)")
        } catch let error as AuthorityError {
            story.append("refused: \(error.code.rawValue)")
        }
    }

    /// One of the things that end tokens, or another token.
    func strike() async throws {
        switch roll(6) {
        case 0: try await revokeToken()
        case 1: try await revokeSession()
        case 2: try await revokeIdentity()
        case 3: try await suspend()
        case 4: try await revokeKey()
        default: try await issue()
        }
    }

    /// Perhaps by a clock that stands a little earlier.
    private func restart() async throws {
        turnClock()
        install = try await restarted(install)
        story.append("restarted at \(install.clock.now())")
    }

    private func restore() async throws {
        guard let taken = backup else {
            backup = try await install.backup()
            return story.append("backed up")
        }
        backup = nil
        let learns = roll(3) > 0
        install = try await restarted(Restored.of(install, taken, readsReplaced: learns).install)
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

    /// A start by a clock that is ahead passes for a long absence; some day somebody sets it right, and says so.
    private func missetClock() async throws {
        if isAhead {
            install.clock.step(seconds: -3 * day)
            isAhead = false
            _ = try await install.authority.acceptClock(by: install.admin)
            story.append("the clock was set back to \(install.clock.now())")
        } else {
            install.clock.step(seconds: 3 * day)
            install = try await restarted(install)
            isAhead = true
            story.append("restarted three days ahead, at \(install.clock.now())")
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
}
