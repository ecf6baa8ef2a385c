@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// An authority in a cutover, the verifiers that its operator has listed, and everything that happens to them.
///
/// Verifiers copy the JWKS through a way that is open from the step to `published` until it is taken back, and use a copy for the JWKS's
/// max-age and at most five minutes more. At any moment some have a fresh copy and some the oldest that the rules allow.
final class Fleet {
    private struct Seen {
        let from: Timestamp
        let document: [UInt8]?
        /// How many keys had been revoked by then: who trusts an older copy trusts a stolen key.
        let emergencies: Int
    }

    /// Milliseconds that copies are old; the last is as old as the rules allow.
    private static let ages: [Int64] = [0, 1_000_000, 2_500_000, 3_600_000, 3_899_999]

    private var install: Install
    private let identity: IdentityRecord
    private var listed: [String: Set<String>] = [:]
    private var history: [Seen] = []
    private var emergencies = 0
    private var isReachable = false
    /// `exp` of every HS256 token of this install.
    private var legacyEnds: [Timestamp] = []
    private let elsewhereEnds: Timestamp
    private var lastPresented: Timestamp?
    private var phaseSince: Timestamp
    private(set) var taken: [String] = []
    private(set) var refused: [String] = []

    init() async throws {
        install = try Install { settings in
            settings.refreshRetryWindow = 0
            settings.cutoverHold = 86_400
        }
        identity = try await install.identity()
        phaseSince = install.clock.now()
        elsewhereEnds = install.clock.now().adding(seconds: OldIssuer.goesOn + OldIssuer.maxTTL)
        try await install.importSecret()
        look()
    }

    private var now: Timestamp { install.clock.now() }

    /// Notes what the way shows from now on.
    private func look(isOpen: Bool = false) {
        history.append(Seen(from: now, document: isOpen ? install.authority.keys.document : nil, emergencies: emergencies))
    }

    private func copy(ofAge age: Int64) -> Seen? {
        let fetched = now.adding(milliseconds: -age)
        return history.last { $0.from <= fetched }
    }

    /// All that copies may hold that are still in use, however briefly it was shown.
    private var copies: [Seen?] {
        let oldest = now.adding(milliseconds: -Self.ages.max()!)
        let shown = history.indices.filter { place in
            guard place + 1 < history.count else { return true }
            let end = history[place + 1].from
            return end > oldest && end > history[place].from
        }
        return shown.map { history[$0] } + (history[0].from > oldest ? [nil] : [])
    }

    // MARK: what happens

    func live(_ dice: inout Dice) async throws {
        install.clock.advance(seconds: [1, 60, 900, 1800, 3600, 5000].randomElement(using: &dice)!)
        switch Int.random(in: 0..<20, using: &dice) {
        case 0...4:
            let name = ["billing", "search", "gateway"].randomElement(using: &dice)!
            let kinds = [["RS256"], ["HS256"], ["RS256", "HS256"], ["RS256", "HS256"], ["RS256", "HS256"], []]
            let accepts = kinds.randomElement(using: &dice)!
            guard !accepts.isEmpty || listed[name] != nil else { return }
            let request = VerifierRequest(name: name, accepts: accepts.isEmpty ? nil : accepts)
            _ = try await install.authority.setVerifier(request, by: install.admin)
            listed[name] = accepts.isEmpty ? nil : Set(accepts)
        case 5...7:
            let pair = try await install.issue(identity) { $0.expiresIn = [60, 3600, 7200].randomElement(using: &dice)! }
            if try CompactJWS(parsing: pair.accessToken.text).header.alg == "HS256" { legacyEnds.append(pair.accessTokenExpiresAt) }
        case 8:
            _ = await install.verdict(install.oldToken { $0.expiresAt = 1 })
            lastPresented = now
        case 9 where Int.random(in: 0..<3, using: &dice) == 0:
            let keys = install.authority.keys.ring.schedule
            let kid = [keys.signer, keys.standby].compactMap(\.self).randomElement(using: &dice)!.kid
            _ = try await install.authority.revokeKey(kid, reason: "stolen", by: install.admin)
            emergencies += 1
            look(isOpen: history.last?.document != nil)
        case 10:
            install = try await install.restarted {
                $0.refreshRetryWindow = 0; $0.cutoverHold = 86_400
            }
        case 11: isReachable.toggle()
        case 12: await install.authority.upkeep()
        default: break
        }
    }

    // MARK: what a step would break

    /// Why a step would do harm; none when it would not.
    private func harm(_ from: CutoverRecord.Phase, _ to: CutoverRecord.Phase) throws -> Set<String> {
        var harm: Set<String> = []
        switch (from, to) {
        case (.legacy, .published):
            if !isReachable { harm.insert("unreachable") }
        case (.published, .cutover):
            if listed.isEmpty { harm.insert("nobody") }
            if listed.values.contains(where: { !$0.contains("RS256") }) { harm.insert("algorithm") }
            let signer = try #require(install.authority.keys.ring.active?.kid)
            for copy in copies {
                let isFit = try copy?.document.map { try KeySet(jwks: $0).contains(signer) } ?? false
                if !isFit || copy?.emergencies != emergencies { harm.insert("copies") }
            }
        case (.cutover, .published):
            if listed.values.contains(where: { !$0.contains("HS256") }) { harm.insert("algorithm") }
        case (.cutover, .sunset):
            let last = max(legacyEnds.max() ?? elsewhereEnds, elsewhereEnds)
            if now < last.adding(seconds: 60) { harm.insert("tokens") }
            if now < max(lastPresented ?? phaseSince, phaseSince).adding(seconds: 5400) { harm.insert("presented") }
        default: break
        }
        return harm
    }

    /// Tries a step, first dry and then in earnest, and holds the verdict against the harm.
    func tryStep(_ direction: CutoverDirection, _ dice: inout Dice, _ where: String) async throws {
        let from = try #require(try install.phase)
        guard let to = direction.target(from: from), to != .purged else { return }
        let harm = try harm(from, to)
        let isReachable = isReachable
        let fetch = { @Sendable [authority = install.authority] () async throws -> [UInt8] in
            guard isReachable else { throw Unreachable() }
            return authority.keys.document
        }
        let dry =
            direction == .forward
            ? try await install.advance({ $0.dryRun = true }, fetch: fetch) : try await install.rollBack { $0.dryRun = true }
        #expect(dry.gates.allSatisfy(\.passed) == harm.isEmpty, "\(`where`): \(from) to \(to): \(harm), \(dry.gates)")
        // Now and then the operator waits for nothing.
        let isForced = !harm.isEmpty && harm != ["unreachable"] && Int.random(in: 0..<25, using: &dice) == 0
        let change = { (request: inout CutoverStepRequest) in if isForced { request.override = "I know better" } }
        let error = await refusal {
            direction == .forward ? try await install.advance(change, fetch: fetch) : try await install.rollBack(change)
        }
        #expect(error?.code == (harm.isEmpty || isForced ? nil : .cutoverGateRefused), "\(`where`): \(from) to \(to): \(harm)")
        for reason in harm { refused.append("\(from)→\(to): \(reason)") }
        guard error == nil else {
            // Undone, the step has begun its phase anew.
            if from == .legacy { phaseSince = now }
            return
        }
        taken.append("\(from)→\(to)")
        phaseSince = now
        if to == .published, from == .legacy { look(isOpen: true) }
        if to == .legacy { look() }
        if harm.isEmpty { try await expectWhole(`where`) }
    }

    /// Every listed verifier takes a token that is signed now, whatever copy it has, where a step has just been let pass.
    private func expectWhole(_ where: String) async throws {
        let pair = try await install.issue(identity) { $0.expiresIn = 60 }
        let phase = try #require(try install.phase)
        if phase.signsLegacy { legacyEnds.append(pair.accessTokenExpiresAt) }
        guard phase == .cutover || phase == .published, taken.last == "published→cutover" || taken.last == "cutover→published" else {
            return
        }
        let token = pair.accessToken.text
        for (name, accepts) in listed {
            for age in Self.ages {
                let byRSA =
                    accepts.contains("RS256")
                    && (try? copy(ofAge: age)?.document.map { try KeySet(jwks: $0).verifySignature(of: token) }) != nil
                let old = try LegacyKey(kid: OldIssuer.kid, secret: Secret(copying: Array(OldIssuer.secret.utf8)), issuer: OldIssuer.issuer)
                let byHMAC = accepts.contains("HS256") && (try? KeySet(JWKSet(keys: []), legacy: old).verifySignature(of: token)) != nil
                #expect(byRSA || byHMAC, "\(`where`): \(name) with a copy of \(age) ms")
            }
        }
    }
}
