@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A step of the cutover")
struct CutoverStepTests {
    private func gates(_ error: AuthorityError?) -> [String] { (error?.list("gates") ?? []).map { String($0.prefix { $0 != ":" }) } }

    @Test("is taken from `legacy` to `purged` when each gate has passed, and each is audited")
    func whole() async throws {
        let install = try Install()
        try await install.importSecret()
        try await install.list("both", "HS256", "RS256")
        #expect(try await install.advance().gates.map(\.name) == ["probe", "fetch"])
        #expect(try install.cutover()?.publicSince == install.clock.now())
        install.clock.advance(seconds: 3899)
        #expect(gates(await refusal { try await install.advance() }) == ["public"])
        install.clock.advance(seconds: 1)
        let step = try await install.advance()
        #expect(step.from == .published && step.to == .cutover && step.done && step.overridden == nil && step.gates.allSatisfy(\.passed))
        #expect(try install.phase == .cutover)
        #expect(try install.cutover()?.phaseSince == install.clock.now())
        #expect(gates(await refusal { try await install.advance() }) == ["unexpired", "soak"])
        install.clock.advance(seconds: 5400)
        #expect(try await install.advance().to == .sunset)
        install.clock.advance(seconds: 604_799)
        #expect(gates(await refusal { try await install.purge() }) == ["held"])
        #expect(try install.cutover()?.sealedSecret != nil)
        install.clock.advance(seconds: 1)
        #expect(try await install.purge().to == .purged)
        #expect(try install.cutover()?.sealedSecret == nil)
        #expect(install.authority.keys.legacyKey == nil)
        let told = try install.audit().filter { $0.action.rawValue.hasPrefix("cutover.") && $0.action != .cutoverVerifierChanged }
        #expect(
            told.map(\.action) == [.cutoverSecretImported, .cutoverAdvanced, .cutoverAdvanced, .cutoverAdvanced, .cutoverPurged])
        #expect(told.allSatisfy { $0.actor == "admin-socket:uid=0" && $0.metadata["override"] == nil })
        #expect(told[2].metadata["from"] == "published" && told[2].metadata["to"] == "cutover")
        #expect(told[2].metadata["gate.public"]?.hasPrefix("passed: ") == true)
    }

    @Test("signs with what its phase says from the next token on, both ways")
    func signer() async throws {
        let install = try Install()
        let identity = try await install.identity()
        try await install.reach(.cutover)
        func algorithm() async throws -> String { try await CompactJWS(parsing: install.issue(identity).accessToken.text).header.alg }
        #expect(try await algorithm() == "RS256")
        let modern = try await install.issue(identity)
        try await install.rollBack()
        #expect(try install.phase == .published)
        #expect(try await algorithm() == "HS256")
        #expect(try install.isLive(modern))
        _ = try await install.refresh(modern)
        let legacy = try await install.issue(identity)
        try await install.rollBack()
        #expect(try install.phase == .legacy)
        #expect(try install.cutover()?.publicSince == nil)
        #expect(try await algorithm() == "HS256")
        #expect(try install.isLive(legacy))
    }

    @Test("that is a dry run changes nothing and refuses nothing")
    func dryRun() async throws {
        let install = try Install()
        for phase in CutoverRecord.Phase.allCases.dropLast() {
            try await install.reach(phase)
            let before = try install.contents()
            let dry =
                phase == .sunset
                ? try await install.purge { $0.dryRun = true } : try await install.advance { $0.dryRun = true }
            #expect(!dry.done && dry.from == phase && dry.to != phase && dry.overridden == nil)
            #expect(
                dry.gates.map(\.name) == [["probe", "fetch"], ["public", "verifiers"], ["unexpired", "soak"], ["held"]][phase.place])
            #expect(phase == .legacy || dry.gates.contains { !$0.passed })
            if phase != .legacy { #expect(try await install.rollBack { $0.dryRun = true }.done == false) }
            #expect(try install.contents() == before)
        }
    }

    @Test("that was taken already is not taken again")
    func again() async throws {
        let install = try Install()
        for phase in CutoverRecord.Phase.allCases {
            try await install.reach(phase)
            let before = try install.contents()
            let forward = try await install.advance { $0.to = phase.rawValue }
            #expect(forward.from == phase && forward.to == phase && !forward.done && forward.gates.isEmpty)
            #expect(try await install.rollBack { $0.to = phase.rawValue }.done == false)
            if phase == .purged { #expect(try await install.purge().done == false) }
            #expect(try install.contents() == before)
        }
    }

    @Test("leads to the neighbour and nowhere else")
    func neighbours() async throws {
        let install = try Install()
        for phase in CutoverRecord.Phase.allCases {
            try await install.reach(phase)
            let before = try install.contents()
            for other in CutoverRecord.Phase.allCases where other != phase {
                if CutoverDirection.forward.target(from: phase) != other {
                    let code = await refusal { try await install.advance { $0.to = other.rawValue } }?.code
                    #expect(code == (phase.place < 3 ? .invalidRequest : .cutoverGateRefused))
                }
                if CutoverDirection.back.target(from: phase) != other {
                    let code = await refusal { try await install.rollBack { $0.to = other.rawValue } }?.code
                    #expect(code == (phase == .legacy || phase == .purged ? .cutoverGateRefused : .invalidRequest))
                }
            }
            if phase != .sunset, phase != .purged { #expect(await refusal { try await install.purge() }?.code == .cutoverGateRefused) }
            #expect(await refusal { try await install.advance { $0.to = "beyond" } }?.text("field") == "to")
            #expect(try install.contents() == before)
        }
        #expect(await refusal { try await install.rollBack() }?.code == .cutoverGateRefused)
        #expect(await refusal { try await install.advance() }?.code == .cutoverGateRefused)
    }

    @Test("is refused where there is no cutover")
    func none() async throws {
        let install = try Install()
        let before = try install.contents()
        #expect(try install.authority.cutoverStatus() == nil)
        for dry in [true, false] {
            #expect(await refusal { try await install.advance { $0.dryRun = dry } }?.code == .cutoverGateRefused)
            #expect(await refusal { try await install.rollBack { $0.dryRun = dry } }?.code == .cutoverGateRefused)
            #expect(await refusal { try await install.purge { $0.dryRun = dry } }?.code == .cutoverGateRefused)
        }
        #expect(await refusal { try await install.list("v", "RS256") }?.code == .cutoverGateRefused)
        #expect(try install.contents() == before)
    }

    @Test("passes gates on the operator's word, which is kept, and says so only where a gate refused")
    func overrides() async throws {
        let install = try Install()
        try await install.importSecret()
        #expect(try await install.advance { $0.override = "not needed" }.overridden == nil)
        let step = try await install.advance { $0.override = "checked by hand" }
        #expect(step.overridden == "checked by hand" && step.gates.allSatisfy { !$0.passed })
        #expect(try await install.advance { $0.override = "in a hurry" }.to == .sunset)
        #expect(try await install.purge { $0.override = "stolen" }.to == .purged)
        let entries = try install.audit().filter { [.cutoverAdvanced, .cutoverPurged].contains($0.action) }
        #expect(entries.map { $0.metadata["override"] } == [nil, "checked by hand", "in a hurry", "stolen"])
        #expect(entries[1].metadata["gate.verifiers"]?.hasPrefix("refused: ") == true)
        for reason in ["", "a\u{202e}b", String(repeating: "x", count: 501)] {
            #expect(await refusal { try await install.advance { $0.override = reason } }?.text("field") == "override")
        }
    }

    @Test("to `published` is undone when a fetch fails, or shows other keys, or no JWKS, whatever the operator says")
    func fetch() async throws {
        let install = try Install()
        try await install.importSecret()
        let foreign = try Install(at: Scratch()).authority.keys.document
        let fetches: [@Sendable () async throws -> [UInt8]] = [
            { throw Unreachable() }, { foreign }, { Array("<html>".utf8) }, { Array("{\"keys\":[]}".utf8) },
        ]
        for fetch in fetches {
            let error = await refusal { try await install.advance({ $0.override = "I am sure" }, fetch: fetch) }
            #expect(gates(error) == ["fetch"])
            #expect(try install.phase == .legacy)
            #expect(try install.cutover()?.publicSince == nil)
            #expect(try await install.advance({ $0.dryRun = true }, fetch: fetch).gates.map(\.passed) == [true, false])
        }
        #expect(try install.audit(.cutoverRolledBack).count == fetches.count)
        #expect(try await install.advance().gates.map(\.passed) == [true, true])
    }

    @Test("to `published` is proven of the key that is active when the proof is written")
    func emergencyMeanwhile() async throws {
        let install = try Install()
        try await install.importSecret()
        let revoke = { @Sendable [authority = install.authority, admin = try install.admin] () async throws -> [UInt8] in
            let before = authority.keys
            let kids = before.ring.published.map(\.kid)
            for kid in kids { _ = try await authority.revokeKey(kid, reason: "stolen", by: admin) }
            return before.document
        }
        #expect(gates(await refusal { try await install.advance(fetch: revoke) }) == ["fetch"])
        #expect(try install.phase == .legacy)
    }

    @Test("waits anew after an emergency, and does not go on before the JWKS was proven")
    func clockRestarts() async throws {
        let install = try Install()
        try await install.reach(.published)
        install.clock.advance(seconds: 3000)
        let kid = try #require(install.authority.keys.ring.active?.kid)
        _ = try await install.authority.revokeKey(kid, reason: "stolen", by: install.admin)
        #expect(try install.cutover()?.publicSince == install.clock.now())
        install.clock.advance(seconds: 3899)
        #expect(gates(await refusal { try await install.advance() }) == ["public"])
        install.clock.advance(seconds: 1)
        #expect(try await install.advance().done)
    }

    @Test("is refused while the clock can't be trusted, and when the RSA key that is to sign can't be opened")
    func unable() async throws {
        let install = try Install()
        try await install.reach(.published)
        install.clock.advance(seconds: 3900)
        install.clock.step(seconds: 86_400)
        #expect(await refusal { try await install.advance() }?.code == .clockUnreliable)
        #expect(await refusal { try await install.rollBack() }?.code == .clockUnreliable)
        install.clock.step(seconds: -86_400)
        let active = try #require(install.authority.keys.ring.active)
        let standby = try #require(install.authority.keys.ring.standby)
        try await install.store.write { transaction in
            var broken = active
            broken.sealedPrivateKey = standby.sealedPrivateKey
            try transaction.put(Tables.signingKeys, broken.kid, broken)
        }
        let again = try await install.restarted()
        #expect(await refusal { try await again.advance() }?.code == .signingUnavailable)
        #expect(try again.phase == .published)
        #expect(try again.authority.cutoverStatus()?.phase == .published)
        try await again.rollBack()
        #expect(gates(await refusal { try await again.advance { $0.override = "I am sure" } }) == ["probe"])
    }

    @Test("back is refused without the secret that would sign or verify")
    func secretGone() async throws {
        let install = try Install()
        try await install.reach(.sunset)
        try await install.store.write { transaction in
            var record = try transaction.get(Tables.cutover, CutoverRecord.key)!
            record.sealedSecret = "AAAA"
            try transaction.put(Tables.cutover, CutoverRecord.key, record)
        }
        let again = try await install.restarted()
        #expect(await refusal { try await again.rollBack() }?.code == .signingUnavailable)
        #expect(try again.phase == .sunset)
    }

    @Test("counts from its commit on for a caller that had come in before")
    func meanwhile() async throws {
        let install = try Install()
        try await install.reach(.cutover)
        let caller = try Caller(install.authority.authenticate(token: install.oldToken { $0.expiresAt -= 3000 }), RequestOrigin())
        let request = APIKeyRequest(name: "k", scopes: ["relayfile:fs:read:*"], expiresAt: nil)
        #expect(try await install.authority.mintAPIKey(request, by: caller).0.record.rootId == "agent_of_old")
        try await install.advance { $0.override = "now" }
        #expect(await refusal { try await install.authority.mintAPIKey(request, by: caller) }?.code == .tokenRevoked)
    }
}

extension CutoverRecord.Phase {
    /// 0 to 4.
    var place: Int { Self.allCases.firstIndex(of: self)! }
}

@Suite("Steps that are asked for at once")
struct CutoverStepRaceTests {
    @Test("and override what refuses, without a word on which phase is meant, are one step")
    func one() async throws {
        let install = try Install.prepared()
        try await install.importSecret()
        let (authority, store) = (install.authority, install.store)
        let admin = try install.admin
        let document = authority.keys.document
        // All of them look at `legacy`, and only then is one after the other decided.
        let gate = Gate()
        let holder = Task { try await store.write { _ in gate.pass() } }
        await gate.waitForEntry()
        let asked = (0..<6).map { _ in
            Task {
                let request = CutoverStepRequest(override: "in a hurry")
                return try await authority.advanceCutover(request, by: admin, fetchJWKS: { document }).done
            }
        }
        while store.statistics.waiting < asked.count { await Task.yield() }
        gate.open()
        try await holder.value
        var (done, refused) = (0, 0)
        for task in asked {
            switch await task.result {
            case .success(let isDone): done += isDone ? 1 : 0
            case .failure(let error): refused += (error as? AuthorityError)?.code == .cutoverGateRefused ? 1 : 0
            }
        }
        #expect(done == 1 && refused == 5)
        #expect(try install.phase == .published)
    }
}
