@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// Gates are a function of facts: here each stands on either side of its border.
@Suite("A gate of the cutover")
struct CutoverGateTests {
    private static let start = ManualClock.start

    private struct Given {
        var phaseSince = start
        var publicSince: Timestamp? = start
        var publishedAt = start
        var knownBy: Timestamp?
        var copiesUntil: Timestamp?
        var issuedUntil = start
        var maxTTL: Int64 = 3600
        var latestHere: Timestamp?
        var lastPresented: Timestamp?
        var verifiers: [CutoverRecord.Verifier] = []
        var probe: CutoverProbe?
        var hasActive = true
        var now = start

        var facts: CutoverFacts {
            let record = CutoverRecord(
                kid: "production", issuer: "https://old.example", maxTTL: maxTTL, issuedUntil: issuedUntil, sealedSecret: "",
                importedAt: start,
                phase: .published, phaseSince: phaseSince, publicSince: publicSince, verifiers: verifiers)
            let active = SigningKeyRecord(
                kid: "rsa", bits: 2048, origin: .generated, state: .active, n: "", e: "", sealedPrivateKey: nil, createdAt: start,
                publishedAt: publishedAt)
            return CutoverFacts(
                record: record, active: hasActive ? active : nil, probe: probe ?? CutoverProbe(kid: "rsa", problem: nil),
                latestLegacyExpiry: latestHere, lastPresentedAt: lastPresented, activeKnownBy: knownBy, copiesUntil: copiesUntil,
                jwksMaxAge: 3600, soak: 5400, hold: 604_800, now: now)
        }

        func gates(_ from: CutoverRecord.Phase, _ to: CutoverRecord.Phase) -> [String: Bool] {
            Dictionary(uniqueKeysWithValues: CutoverMove(from: from, to: to).gates(facts).map { ($0.name, $0.passed) })
        }
    }

    private func given(_ change: (inout Given) -> Void) -> Given {
        var given = Given()
        change(&given)
        return given
    }

    /// Whether a gate passes a millisecond before a moment, and at it.
    private func passes(
        _ gate: String, _ from: CutoverRecord.Phase, _ to: CutoverRecord.Phase, around moment: Timestamp, _ change: (inout Given) -> Void
    ) -> [Bool?] {
        ([-1, 0] as [Int64]).map { early in
            var given = given(change)
            given.now = moment.adding(milliseconds: early)
            return given.gates(from, to)[gate]
        }
    }

    @Test("to `published` wants a probe that went well, of the key that is active then")
    func probe() {
        #expect(given { _ in }.gates(.legacy, .published) == ["probe": true])
        #expect(given { $0.probe = CutoverProbe(kid: "rsa", problem: "no") }.gates(.legacy, .published) == ["probe": false])
        #expect(given { $0.probe = CutoverProbe(kid: "another", problem: nil) }.gates(.legacy, .published) == ["probe": false])
        #expect(given { $0.hasActive = false }.gates(.legacy, .published) == ["probe": false])
    }

    @Test("to `cutover` wants the JWKS public for its max-age and five minutes, counted from the later of its proof and its key")
    func isPublic() {
        let border = Self.start.adding(seconds: 3900)
        #expect(passes("public", .published, .cutover, around: border) { _ in } == [false, true])
        #expect(
            passes("public", .published, .cutover, around: border) { $0.publicSince = Self.start.adding(seconds: -9000) } == [false, true])
        #expect(
            passes("public", .published, .cutover, around: border) { $0.publishedAt = Self.start.adding(seconds: -9000) } == [false, true])
        #expect(passes("public", .published, .cutover, around: border) { $0.publicSince = nil } == [false, false])
        let later = border.adding(seconds: 7200)
        #expect(passes("public", .published, .cutover, around: later) { $0.knownBy = Self.start.adding(seconds: 10_800) } == [false, true])
        #expect(
            passes("public", .published, .cutover, around: later) { $0.copiesUntil = Self.start.adding(seconds: 10_800) } == [false, true])
        #expect(passes("public", .published, .cutover, around: border) { $0.copiesUntil = Self.start } == [false, true])
        #expect(passes("public", .published, .cutover, around: border) { $0.hasActive = false } == [false, false])
    }

    @Test("to `cutover` wants every listed verifier to accept RS256, and one to be listed")
    func verifiersForward() {
        func passes(_ accepts: [String]...) -> Bool? {
            given { given in given.verifiers = accepts.enumerated().map { .init(name: "v\($0.offset)", accepts: $0.element) } }
                .gates(.published, .cutover)["verifiers"]
        }
        #expect(passes() == false)
        #expect(passes(["RS256"]) == true)
        #expect(passes(["RS256", "HS256"]) == true)
        #expect(passes(["HS256"]) == false)
        #expect(passes(["RS256"], ["HS256"]) == false)
        #expect(passes(["HS256"], ["RS256"]) == false)
        #expect(passes(["RS256"], ["RS256", "HS256"]) == true)
    }

    @Test("back to `published` wants every listed verifier to accept HS256, and is content when none is listed")
    func verifiersBack() {
        func passes(_ accepts: [String]...) -> Bool? {
            given { given in given.verifiers = accepts.enumerated().map { .init(name: "v\($0.offset)", accepts: $0.element) } }
                .gates(.cutover, .published)["verifiers"]
        }
        #expect(passes() == true)
        #expect(passes(["HS256"]) == true)
        #expect(passes(["RS256"]) == false)
        #expect(passes(["HS256"], ["RS256"]) == false)
        #expect(passes(["RS256", "HS256"]) == true)
    }

    @Test("to `sunset` wants the last token of this install and of the old issuer to have ended, and a minute more")
    func unexpired() {
        let elsewhere = Self.start.adding(seconds: 3660)
        #expect(passes("unexpired", .cutover, .sunset, around: elsewhere) { _ in } == [false, true])
        #expect(passes("unexpired", .cutover, .sunset, around: elsewhere) { $0.latestHere = Self.start } == [false, true])
        let here = Self.start.adding(seconds: 7260)
        #expect(passes("unexpired", .cutover, .sunset, around: here) { $0.latestHere = Self.start.adding(seconds: 7200) } == [false, true])
        #expect(
            passes("unexpired", .cutover, .sunset, around: here) { $0.issuedUntil = Self.start.adding(seconds: 3600) } == [false, true])
        #expect(passes("unexpired", .cutover, .sunset, around: here) { $0.maxTTL = 7200 } == [false, true])
    }

    @Test("to `sunset` wants the soak window to have gone by since the last presented token, and since the phase began")
    func soak() {
        let border = Self.start.adding(seconds: 5400)
        #expect(passes("soak", .cutover, .sunset, around: border) { _ in } == [false, true])
        #expect(passes("soak", .cutover, .sunset, around: border) { $0.lastPresented = Self.start.adding(seconds: -60) } == [false, true])
        let later = Self.start.adding(seconds: 5460)
        #expect(passes("soak", .cutover, .sunset, around: later) { $0.lastPresented = Self.start.adding(seconds: 60) } == [false, true])
        #expect(passes("soak", .cutover, .sunset, around: later) { $0.phaseSince = Self.start.adding(seconds: 60) } == [false, true])
    }

    @Test("to `purged` wants sunset to have held")
    func held() {
        #expect(passes("held", .sunset, .purged, around: Self.start.adding(seconds: 604_800)) { _ in } == [false, true])
    }

    @Test("can't be overridden where the operator's word changes nothing of what is wrong")
    func overridable() {
        let facts = given { $0.publicSince = nil }.facts
        let stubborn = CutoverRecord.Phase.allCases.flatMap { from in
            CutoverRecord.Phase.allCases.flatMap { CutoverMove(from: from, to: $0).gates(facts) }
        }.filter { !$0.overridable }.map(\.name)
        #expect(Set(stubborn) == ["probe", "public"])
        let proven = CutoverMove(from: .published, to: .cutover).gates(given { _ in }.facts)
        #expect(proven.map(\.overridable) == [true, true])
    }

    @Test("stands before five steps and no other")
    func steps() {
        let facts = given { _ in }.facts
        for from in CutoverRecord.Phase.allCases {
            for to in CutoverRecord.Phase.allCases {
                let expected: [String] =
                    switch (from, to) {
                    case (.legacy, .published): ["probe"]
                    case (.published, .cutover): ["public", "verifiers"]
                    case (.cutover, .sunset): ["unexpired", "soak"]
                    case (.sunset, .purged): ["held"]
                    case (.cutover, .published): ["verifiers"]
                    default: []
                    }
                #expect(CutoverMove(from: from, to: to).gates(facts).map(\.name) == expected)
            }
        }
    }

    @Test("shows in its sentence what it measured")
    func sentences() {
        let waiting = given { $0.lastPresented = Self.start.adding(seconds: 60) }.facts
        for (move, parts) in [
            (CutoverMove(from: .published, to: .cutover), ["rsa", "\(Self.start)", "3600", "300", "\(Self.start.adding(seconds: 3900))"]),
            (
                CutoverMove(from: .cutover, to: .sunset),
                ["\(Self.start.adding(seconds: 3660))", "\(Self.start.adding(seconds: 5460))", "5400"]
            ),
            (CutoverMove(from: .sunset, to: .purged), ["604800", "\(Self.start.adding(seconds: 604_800))"]),
        ] {
            let text = move.gates(waiting).map(\.detail).joined(separator: "\n")
            for part in parts { #expect(text.contains(part), "\(part) in \(text)") }
        }
    }
}
