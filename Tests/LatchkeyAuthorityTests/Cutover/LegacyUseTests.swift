@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Who presents legacy tokens")
struct LegacyUseTests {
    private func present(
        _ install: Install, _ subject: String, from address: String? = "198.51.100.7", _ change: (inout OldToken) -> Void = { _ in }
    ) {
        _ = try? install.authority.authenticate(token: install.oldToken(subject, change), origin: RequestOrigin(address: address))
    }

    @Test("is listed, the latest first, once a subject, address and audience")
    func listed() async throws {
        let install = try Install()
        try await install.importSecret()
        present(install, "agent_a")
        install.clock.advance(seconds: 1)
        present(install, "agent_b", from: nil)
        present(install, "agent_b", from: "2001:db8::1") { $0.audience = ["relayfile"] }
        await install.authority.upkeep()
        install.clock.advance(seconds: 5)
        present(install, "agent_a")
        await install.authority.upkeep()
        let status = try #require(try install.authority.cutoverStatus())
        #expect(status.presenters.map(\.subject) == ["agent_a", "agent_b", "agent_b"])
        #expect(status.presenters.map(\.address) == ["198.51.100.7", "unknown", "2001:db8::1"])
        #expect(status.presenters[2].audience == "relayfile" && status.presenters[0].audience == "relayauth relayfile")
        #expect(status.lastPresentedAt == install.clock.now() && status.presenters[0].lastSeenAt == install.clock.now())
    }

    @Test("counts whatever else is wrong with the token, and only when the signature is good")
    func whatCounts() async throws {
        let install = try Install()
        try await install.importSecret()
        present(install, "forged") { $0.secret = "not the secret at all" }
        present(install, "forged") { $0.kid = "made-up" }
        present(install, "forged") { $0.alg = "HS512" }
        await install.authority.upkeep()
        #expect(try install.authority.cutoverStatus()?.lastPresentedAt == nil)
        present(install, "expired") { $0.expiresAt = 1 }
        present(install, "foreign") { $0.issuer = "https://keys.example" }
        present(install, "refresh") { $0.tokenType = "refresh" }
        _ = try? await install.authority.refresh(install.oldToken("exchanged") { $0.tokenType = "refresh" }, origin: RequestOrigin())
        _ = try install.authority.introspect(install.oldToken("introspected"), by: install.admin)
        await install.authority.upkeep()
        let seen = Set(try #require(try install.authority.cutoverStatus()).presenters.map(\.subject))
        #expect(seen == ["expired", "foreign", "refresh", "exchanged", "introspected"])
    }

    @Test("goes on to be noted in sunset, which refuses them, and ends with the purge")
    func sunset() async throws {
        let install = try Install()
        try await install.reach(.sunset)
        present(install, "late")
        await install.authority.upkeep()
        #expect(try install.authority.cutoverStatus()?.presenters.map(\.subject) == ["late"])
        try await install.reach(.purged)
        let before = try install.contents()["legacy-uses"]
        install.clock.advance(seconds: 60)
        present(install, "later")
        await install.authority.flushLegacyUses()
        #expect(try install.contents()["legacy-uses"] == before)
    }

    @Test("is known to the gate before it is written, and after a restart")
    func exact() async throws {
        let install = try Install()
        try await install.reach(.cutover)
        install.clock.advance(seconds: 86_400)
        present(install, "late")
        #expect(try install.authority.cutoverStatus()?.lastPresentedAt == install.clock.now())
        #expect(await refusal { try await install.advance() }?.list("gates")?.count == 1)
        let at = install.clock.now()
        let again = try await install.restarted()
        again.clock.advance(milliseconds: 5_399_999)
        #expect(try again.authority.cutoverStatus()?.lastPresentedAt == at)
        #expect(await refusal { try await again.advance() }?.code == .cutoverGateRefused)
        again.clock.advance(milliseconds: 1)
        #expect(try await again.advance().to == .sunset)
    }

    @Test("is bounded: at most 1,000, where the oldest make room")
    func bounded() async throws {
        let install = try Install()
        try await install.importSecret()
        for number in 0..<1_100 {
            if number % 100 == 0 {
                await install.authority.upkeep()
                install.clock.advance(seconds: 1)
            }
            present(install, "agent_\(number)")
        }
        await install.authority.upkeep()
        #expect(try install.counts()["legacy-uses"] == 1000)
        let kept = try install.store.read { try Authority.legacyUses(in: $0) }.map(\.subject)
        #expect(kept.contains("agent_1099") && kept.contains("agent_100") && !kept.contains("agent_99"))
        #expect(try install.authority.cutoverStatus()?.presenters.count == 100)
        for number in 0..<1_500 { present(install, "flood_\(number)") }
        install.clock.advance(seconds: 1)
        present(install, "flood_last")
        #expect(try install.authority.cutoverStatus()?.lastPresentedAt == install.clock.now())
        await install.authority.upkeep()
        #expect(try install.counts()["legacy-uses"] == 1000)
    }

    @Test("is kept as a person may see it")
    func shown() async throws {
        let install = try Install()
        try await install.importSecret()
        present(install, "agent_a") { $0.audience = ["a\u{1b}[31m\u{202e}", String(repeating: "x", count: 5000)] }
        await install.authority.upkeep()
        let audience = try #require(try install.authority.cutoverStatus()?.presenters.first?.audience)
        #expect(audience.utf8.count == 256 && audience.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test("begins now where the clock was ahead and is taken as right")
    func clock() async throws {
        let install = try Install()
        install.clock.advance(seconds: 86_400 * 365)
        try await install.reach(.cutover)
        present(install, "agent_a")
        await install.authority.upkeep()
        install.clock.step(seconds: -86_400 * 365)
        present(install, "agent_b")
        _ = try await install.authority.acceptClock(by: install.admin)
        let status = try #require(try install.authority.cutoverStatus())
        #expect(status.since == install.clock.now() && status.lastPresentedAt == install.clock.now())
        #expect(status.presenters.allSatisfy { $0.lastSeenAt <= install.clock.now() })
    }

    @Test("is as long ago by a clock that was set forward and is taken as right, so that the gate waits for as long")
    func clockForward() async throws {
        let install = try Install()
        try await install.reach(.cutover)
        install.clock.advance(seconds: 86_400)
        present(install, "agent_a")
        install.clock.advance(seconds: 60)
        install.clock.step(seconds: 86_400)
        _ = try await install.authority.acceptClock(by: install.admin)
        #expect(try install.authority.cutoverStatus()?.lastPresentedAt == install.clock.now().adding(seconds: -60))
        #expect(await refusal { try await install.advance() }?.code == .cutoverGateRefused)
        install.clock.advance(seconds: 5340)
        #expect(try await install.advance().done)
    }

    @Test("and when the JWKS was proven again begin when a clock that was behind is right again")
    func clockBehind() async throws {
        let install = try Install()
        try await install.reach(.published)
        install.clock.advance(seconds: 3900)
        await install.authority.noteTime()
        install.clock.step(seconds: -86_400)
        let behind = try await install.restarted()
        #expect(behind.authority.clockProblem?.kind == .behind)
        let kid = try #require(behind.authority.keys.ring.active?.kid)
        _ = try await behind.authority.revokeKey(kid, reason: "stolen", by: behind.admin)
        present(behind, "agent_a")
        behind.clock.step(seconds: 2 * 86_400)
        for _ in 0..<61 { await behind.authority.upkeep() }
        #expect(behind.authority.clockProblem == nil)
        let status = try #require(try behind.authority.cutoverStatus())
        #expect(status.jwksPublicSince == behind.clock.now())
        #expect(await refusal { try await behind.advance { $0.override = nil } }?.code == .cutoverGateRefused)
    }
}
