@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// An authority and its verifiers in a time of their own, in which anything may happen that may happen to a daemon. What must hold at every
/// instant is asked at each moment at which something changes.
///
/// Time is that of the clock that nobody can set: a copy, a bundle or a token lives as long as it lives, whatever the wall clock was set to.
final class KeyRingModel {
    struct Broken: Error {}

    let seed: UInt64
    var dice: Dice
    let clock = ManualClock()
    let keys = PreparedKeys()
    private let scratch: Scratch
    private(set) var install: Install
    private(set) var settings: AuthoritySettings
    private(set) var identity: IdentityRecord
    /// Seconds that the wall clock was set by, and that nobody has accepted.
    var wrongBy: Int64 = 0
    /// Seconds by which the time that the daemon took for right at a start is ahead of the world's.
    var aheadBy: Int64 = 0
    var verifiers =
        [true, true, false, false].map { ModelVerifier(.copy, isEager: $0) }
        + [true, false, false].map { ModelVerifier(.bundle, isEager: $0) }
    private var tokens: [ModelToken] = []
    private var sessions: [TokenPair] = []
    private var named: [ModelExemption] = []
    private var revoked: Set<String> = []
    private var shown: Set<String> = []
    private var left: Set<String> = []
    private(set) var story: [String] = []
    private(set) var mints = 0

    init(seed: UInt64) async throws {
        self.seed = seed
        dice = Dice(seed)
        let first = try Install()
        identity = try await first.identity()
        await first.authority.close()
        scratch = first.scratch
        settings = first.authority.settings
        install = first
        try await open(settings)
    }

    var now: Int64 { clock.uptime() }
    var authority: Authority { install.authority }
    var isReliable: Bool { authority.clockProblem == nil }

    func tell(_ what: String) { story.append("\(clock.now()) \(what)") }

    func require(_ holds: Bool, _ what: @autoclosure () -> String) throws {
        guard !holds else { return }
        Issue.record("seed \(seed), after \(story.count) events: \(what())\n\(story.suffix(25).joined(separator: "\n"))")
        throw Broken()
    }

    // MARK: The daemon

    /// Starts a daemon; it looks at its keys before it listens.
    func open(_ settings: AuthoritySettings) async throws {
        self.settings = settings
        var seams = AuthoritySeams()
        seams.makeKey = keys.maker
        install = try Install(at: scratch, clock: clock, change: { $0 = settings }, seams: seams)
        await authority.tendKeys()
    }

    func stop(isKill: Bool) async {
        if isKill { install.shut() } else { await authority.close() }
    }

    /// All that lived has ended.
    func forget() throws {
        tokens.removeAll()
        sessions.removeAll()
        named.removeAll()
        for number in verifiers.indices { verifiers[number].take([], usableUntil: now) }
        try check()
    }

    // MARK: Time

    /// Lets time go by, and stops wherever something is due.
    func pass(milliseconds: Int64) async throws {
        let end = now + milliseconds
        while now < end {
            let moment = authority.clock.now()
            let next = authority.keys.ring.schedule.ahead.first { $0.at > moment }.map { $0.at.milliseconds - moment.milliseconds }
            let step = min(end - now, next ?? .max)
            clock.advance(milliseconds: step)
            try await look(after: step)
        }
    }

    /// What a moment holds: verifiers fetch what is served when the moment comes, the daemon does what is due, and all must be well.
    func look(after gap: Int64 = 0) async throws {
        fetch(after: gap)
        if chance(30) { try await mint() }
        await authority.upkeep()
        // Many rounds of upkeep are one here: what is tried or written once a minute is so now.
        if authority.keyRingProblem != nil { await authority.tendKeys() }
        await authority.noteTime()
        try check()
        if chance(50) { try await mint() }
        if chance(10) { try await refresh() }
        try await bundle()
        if chance(20) { fetch(after: 0) }
        try check()
    }

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &dice) < percent }

    /// Whoever has no usable copy has fetched one since it ended; those who are eager have one of this moment.
    func fetch(after gap: Int64) {
        let served = Set(authority.keys.keySet.keyIds)
        let age = settings.jwksMaxAge * 1000
        for number in verifiers.indices where verifiers[number].kind == .copy {
            if verifiers[number].isAble(at: now), !(verifiers[number].isEager && chance(70)) { continue }
            let ago = verifiers[number].isEager || gap == 0 ? 0 : Int64.random(in: 0..<min(gap, age), using: &dice)
            verifiers[number].take(served, usableUntil: now - ago + age)
        }
    }

    private func bundle() async throws {
        guard isReliable else { return }
        for number in verifiers.indices where verifiers[number].kind == .bundle {
            if verifiers[number].isAble(at: now), !(verifiers[number].isEager && chance(5)) { continue }
            guard chance(30) else { continue }
            let longest = settings.maxBundleLife
            let life = chance(50) ? longest : Int64.random(in: 1...longest, using: &dice)
            let held = Set(authority.keys.ring.published.map(\.kid))
            try await authority.noteBundle(notAfter: authority.clock.now().adding(seconds: life))
            verifiers[number].take(held, usableUntil: now + life * 1000)
            tell("a bundle for \(life) s")
        }
    }

    // MARK: Tokens

    /// Somebody asks for a token. Either it is signed by the key that signs, or it is said why not.
    func mint() async throws {
        let longest = settings.maxAccessTokenTTL
        let life = chance(50) ? longest : Int64.random(in: 1...longest, using: &dice)
        try await take(wants: "a token") { try await install.issue(identity) { $0.expiresIn = Double(life) } }
    }

    private func refresh() async throws {
        guard !sessions.isEmpty else { return }
        let pair = sessions.remove(at: Int.random(in: sessions.indices, using: &dice))
        do {
            try await take(wants: "a refresh") { try await install.refresh(pair) }
        } catch let error as AuthorityError where error.code == .invalidRefreshToken {
            // Its time was over.
        }
    }

    private func take(wants what: String, _ body: () async throws -> TokenPair) async throws {
        let pair: TokenPair
        do {
            pair = try await body()
        } catch let error as AuthorityError where error.code == .clockUnreliable {
            return try require(!isReliable, "\(what) was refused because of a clock that is right")
        }
        mints += 1
        try require(isReliable, "\(what) was given by a clock that is wrong")
        let served = try KeySet(jwks: authority.keys.document)
        let token = try served.verifySignature(of: pair.accessToken.text)
        try require(token.keyId == authority.keys.ring.active?.kid, "\(what) was signed by \(token.keyId), which is not the signer")
        let wall = clock.now()
        try TokenPolicy(issuer: settings.issuer).check(token.claims, at: wall)
        let life = pair.accessTokenExpiresAt.milliseconds - wall.milliseconds
        // To the second: that is what a token says.
        try require(life > -1000 && life <= settings.maxAccessTokenTTL * 1000, "\(what) lives for \(life) ms")
        // Verifiers take it for as long as their clocks may be behind.
        tokens.append(ModelToken(kid: token.keyId, text: pair.accessToken.text, endsAt: now + life + KeyTimings.skew * 1000))
        if tokens.count > 60 { tokens.remove(at: Int.random(in: tokens.indices, using: &dice)) }
        sessions.append(pair)
        if sessions.count > 4 { sessions.removeFirst() }
    }

    // MARK: What must hold

    /// Remembers whom an answer has named as not knowing a key yet.
    func note(_ holders: [KeyHolder], strangeTo kid: String?, at moment: Timestamp) throws {
        for holder in holders {
            guard let kid else { return try require(false, "somebody is named, but nobody signs") }
            named.append(ModelExemption(kid: kid, kind: kind(holder), until: end(holder, at: moment)))
        }
    }

    private func kind(_ holder: KeyHolder) -> ModelVerifier.Kind { holder.who.contains("bundle") ? .bundle : .copy }

    private func end(_ holder: KeyHolder, at moment: Timestamp) -> Int64 { now + holder.until.milliseconds - moment.milliseconds }

    /// Keys were revoked: whoever goes on to accept their tokens must have been named.
    func note(_ revocation: KeyRevocation) throws {
        revoked.formUnion(revocation.revokedKeyIds)
        try note(revocation.notYetAcceptedBy, strangeTo: revocation.signerKeyId, at: revocation.revokedAt)
        for verifier in verifiers where verifier.isAble(at: now) && revocation.revokedKeyIds.contains(where: verifier.knows) {
            let isNamed = revocation.stillAcceptedBy.contains {
                kind($0) == verifier.kind && end($0, at: revocation.revokedAt) >= verifier.usableUntil
            }
            try require(
                isNamed,
                "a \(verifier.kind) is used for \(verifier.usableUntil - now) ms more, and holds a revoked key; named: \(revocation.stillAcceptedBy)"
            )
        }
    }

    func check() throws {
        let ring = authority.keys.ring
        let served = Set(try KeySet(jwks: authority.keys.document).keyIds)
        let (active, standby) = (ring.records.filter { $0.state == .active }, ring.records.filter { $0.state == .standby })
        try require(active.count == 1 && standby.count == 1, "\(active.count) keys sign and \(standby.count) stand by")
        try require(served.contains(active[0].kid) && served.contains(standby[0].kid), "the JWKS lacks the signer or the standby")
        try require(authority.keys.signingProblem == nil, authority.keys.signingProblem ?? "")
        for key in ring.records where key.state == .retired || key.state == .revoked {
            try require(!served.contains(key.kid), "\(key.kid) is \(key.state) and served")
            try require(key.sealedPrivateKey == nil, "\(key.kid) is \(key.state) and has its private half")
        }
        left.formUnion(shown.subtracting(served))
        try require(left.isDisjoint(with: served), "\(left.intersection(served)) came back")
        shown = served
        try require(
            ring.records.count <= 240 && served.count <= KeyTimings.mostPublished + 4, "\(ring.records.count) keys, \(served.count) served")
        if isReliable, !keys.isFailing {
            try require(
                !authority.hasDueKeys() && authority.keyRingProblem == nil,
                "\(ring.schedule.ahead) is due: \(authority.keyRingProblem ?? "")")
        }
        try checkVerifiers(served)
    }

    private func checkVerifiers(_ served: Set<String>) throws {
        tokens.removeAll { $0.endsAt <= now || revoked.contains($0.kid) }
        named.removeAll { $0.until <= now }
        for token in tokens {
            try require(served.contains(token.kid), "\(token.kid) has left the JWKS \(token.endsAt - now) ms before its token ends")
            for verifier in verifiers where verifier.isAble(at: now) && !verifier.knows(token.kid) {
                try require(
                    named.contains { $0.kid == token.kid && $0.kind == verifier.kind },
                    "a token of \(token.kid) fails at a verifier with a \(verifier.kind), usable for \(verifier.usableUntil - now) ms")
            }
        }
        if let token = tokens.randomElement(using: &dice) {
            _ = try KeySet(jwks: authority.keys.document).verifySignature(of: token.text)
        }
    }

    /// Milliseconds from now to the ends of what lives: moments just before and after which something must, or may no longer, hold.
    var edges: [Int64] {
        let ends: [Int64] = tokens.map(\.endsAt) + verifiers.map(\.usableUntil) + named.map(\.until)
        let moment = authority.clock.now().milliseconds
        var distances: [Int64] = ends.filter { $0 > now }.map { $0 - now }
        distances += authority.keys.ring.schedule.ahead.map { $0.at.milliseconds - moment }
        let most: Int64 = 3 * settings.rotationPeriod * 1000
        return distances.flatMap { [$0 - 1, $0] }.filter { (1..<most).contains($0) }
    }
}
