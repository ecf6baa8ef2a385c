@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A rotation by hand")
struct KeyRotationTests {
    @Test("makes the standby the signer and a new key the standby, in one commit; tokens from before go on")
    func rotates() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let before = try await install.issue(identity)
        let (old, next) = try (install.signer.kid, install.standby.kid)
        install.clock.advance(seconds: day)
        let earlier = try await install.issue(identity)
        let rotation = try await install.authority.rotateKeys(now: false, by: install.admin)
        #expect(rotation.oldKeyId == old && rotation.newKeyId == next && rotation.rotatedAt == at(day))
        #expect(rotation.oldKeyExpiresAt == at(4 * day) && rotation.notYetAcceptedBy.isEmpty)
        let ring = install.authority.keys.ring
        #expect(ring.published.map(\.kid) == [next, rotation.standbyKeyId, old])
        #expect(ring.published.map(\.state) == [.active, .standby, .grace])
        #expect(try install.served == [old, next, rotation.standbyKeyId].sorted())
        let after = try await install.issue(identity)
        #expect(try install.keyId(earlier) == old && install.keyId(after) == next)
        #expect(try install.isLive(earlier) && install.isLive(after))
        #expect(try !install.isLive(before))
        let again = try await install.restarted()
        #expect(again.authority.keys.document == install.authority.keys.document)
    }

    @Test("is refused while the standby is too young, says when it is ready and what it would cost, and changes nothing")
    func tooYoung() async throws {
        let install = try Install.prepared()
        let before = try install.contents()
        func refused() async throws -> String {
            let refusal = await refusal { try await install.authority.rotateKeys(now: false, by: install.admin) }
            #expect(refusal?.code == .standbyTooYoung && refusal?.text("readyAt") == at(day).description)
            #expect(try install.contents() == before)
            return refusal?.message ?? ""
        }
        let early = try await refused()
        #expect(early.contains("--now") && early.contains("copy of the JWKS is older than \(at(0)), until \(at(hour))"))
        install.clock.advance(seconds: hour)
        #expect(try await refused().contains("shortest-standby has not gone by"))
        install.clock.advance(seconds: day - hour - 1)
        _ = try await refused()
        install.clock.advance(seconds: 1)
        _ = try await install.authority.rotateKeys(now: false, by: install.admin)
        // The next standby was born just now.
        let next = await refusal { try await install.authority.rotateKeys(now: false, by: install.admin) }
        #expect(next?.text("readyAt") == at(2 * day).description)
    }

    @Test("is refused while a bundle that lacks the standby may be used, also by plan, and names its holders when it is forced")
    func bundles() async throws {
        let install = try Install.prepared { $0.maxBundleLife = 60 * day }
        install.clock.advance(seconds: day)
        try await install.authority.noteBundle(notAfter: at(31 * day))
        try await install.authority.noteBundle(notAfter: at(11 * day))
        // The standby is in these bundles; the one that is born now is in none.
        let first = try await install.authority.rotateKeys(now: false, by: install.admin)
        #expect(first.notYetAcceptedBy.isEmpty)
        let standby = try install.standby
        #expect(standby.bundlesLackItUntil == at(31 * day) && standby.heldByBundlesUntil == nil)
        install.clock.advance(seconds: 5 * day)
        let refusal = await refusal { try await install.authority.rotateKeys(now: false, by: install.admin) }
        #expect(refusal?.text("readyAt") == at(31 * day).description)
        #expect(refusal?.message.contains("bundle made before \(at(day)), until \(at(31 * day))") == true)
        let forced = try await install.authority.rotateKeys(now: true, by: install.admin)
        #expect(
            forced.notYetAcceptedBy == [
                KeyHolder(who: "verifiers that hold a trust bundle made before \(at(day))", until: at(31 * day))
            ])
    }

    @Test("that is forced names everybody who does not know the new signer yet")
    func forced() async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: 600)
        let rotation = try await install.authority.rotateKeys(now: true, by: install.admin)
        #expect(
            rotation.notYetAcceptedBy == [
                KeyHolder(who: "verifiers whose copy of the JWKS is older than \(at(0))", until: at(hour))
            ])
    }

    @Test("is forced no further than the JWKS has room, and says when there is some")
    func room() async throws {
        let install = try Install.prepared()
        for count in 3...KeyTimings.mostPublished {
            install.clock.advance(seconds: 1)
            _ = try await install.authority.rotateKeys(now: true, by: install.admin)
            #expect(install.authority.keys.ring.published.count == count)
        }
        let refusal = await refusal { try await install.authority.rotateKeys(now: true, by: install.admin) }
        #expect(refusal?.code == .standbyTooYoung)
        // The first one that stopped to sign did so a second after the start.
        #expect(refusal?.text("readyAt") == at(1 + 72 * hour).description)
        install.clock.advance(seconds: 72 * hour)
        _ = try await install.authority.rotateKeys(now: true, by: install.admin)
    }

    @Test("of a shorter max-age waits until copies from before have ended too, and so does the plan")
    func shorterMaxAge() async throws {
        let install = try Install.prepared { $0.jwksMaxAge = day }
        install.clock.advance(seconds: 10 * day)
        _ = try await install.authority.rotateKeys(now: false, by: install.admin)
        let short = try await install.restarted { settings in
            (settings.jwksMaxAge, settings.shortestStandby) = (300, 300)
            (settings.rotationPeriod, settings.maxBundleLife) = (hour, hour)
            (settings.maxAccessTokenTTL, settings.graceAfterUse) = (hour, 2 * hour)
        }
        // The standby was born under the longer one: a copy from just before has a day.
        #expect(short.authority.keys.ring.schedule.standbyReadyAt == at(11 * day))
        short.clock.advance(seconds: 2 * hour)
        #expect(short.authority.keyRingReport().waitsFor == .init(reason: "standby_too_young", until: at(11 * day)))
        let forced = try await short.authority.rotateKeys(now: true, by: short.admin)
        #expect(forced.notYetAcceptedBy.map(\.until) == [at(11 * day)])
        // So does one that was born since, because copies from before the restart are still out.
        #expect(try short.standby.knownBy == at(11 * day))
        short.clock.advance(seconds: day)
        _ = try await short.authority.rotateKeys(now: false, by: short.admin)
        #expect(try short.standby.knownBy == at(11 * day + 2 * hour + 300))
    }

    @Test("needs a clock that can be trusted, and a master key")
    func needs() async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: day)
        install.clock.step(seconds: day)
        let before = try install.contents()
        #expect(await refusal { try await install.authority.rotateKeys(now: true, by: install.admin) }?.code == .clockUnreliable)
        install.clock.step(seconds: -day)
        #expect(try install.contents() == before)
        let sealed = try await install.withoutMasterKey()
        #expect(await refusal { try await sealed.authority.rotateKeys(now: true, by: sealed.admin) }?.code == .signingUnavailable)
    }

    @Test("is no matter of somebody who names another organisation")
    func foreign() async throws {
        let install = try Install.prepared()
        let caller = try Caller(install.admin.principal, RequestOrigin(), named: "org_00000000000000000000000000")
        #expect(await refusal { try await install.authority.rotateKeys(now: true, by: caller) }?.code == .organisationMismatch)
    }

    @Test("that two ask for at once is done once when the standby has to be ready, and twice when both force it")
    func twice() async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: day)
        let rotate = { @Sendable () async throws in _ = try await install.authority.rotateKeys(now: false, by: install.admin) }
        let (first, second) = try await install.inOrder(rotate, then: rotate)
        try first.get()
        #expect(second.refusalCode == .standbyTooYoung)
        #expect(install.authority.keys.ring.records.count == 3)
    }

    @Test("while a token is being signed gives a token of the new signer")
    func race() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let (rotation, pair) = try await install.inOrder({ try await install.authority.rotateKeys(now: true, by: install.admin) }) {
            try await install.issue(identity)
        }
        #expect(try install.keyId(pair.get()) == rotation.get().newKeyId)
    }
}
