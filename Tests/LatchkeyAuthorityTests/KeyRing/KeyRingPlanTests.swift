@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
import Testing

@Suite("The key ring by plan")
struct KeyRingPlanTests {
    @Test("rotates and retires in its time, with nobody's help")
    func plan() async throws {
        let install = try Install.prepared()
        let (first, second) = try (install.signer.kid, install.standby.kid)
        install.clock.advance(milliseconds: 90 * day * 1000 - 1)
        await install.authority.upkeep()
        #expect(try install.signer.kid == first)
        install.clock.advance(milliseconds: 1)
        await install.authority.upkeep()
        #expect(try install.signer.kid == second && install.signer.activatedAt == at(90 * day))
        #expect(try install.record(first).leavesAt == at(93 * day))
        install.clock.advance(milliseconds: 3 * day * 1000 - 1)
        await install.authority.upkeep()
        #expect(try install.served.contains(first))
        let tag = install.authority.keys.entityTag
        install.clock.advance(milliseconds: 1)
        // Out of the JWKS at that moment, whether or not anybody has written it.
        #expect(try !install.served.contains(first) && install.authority.keys.entityTag != tag)
        #expect(try install.record(first).state == .grace)
        await install.authority.upkeep()
        #expect(try install.record(first).state == .retired && install.record(first).sealedPrivateKey == nil)
        #expect(try install.audit(.keyRotated).count == 1 && install.audit(.keyRetired).count == 1)
        #expect(try install.audit(.keyRotated).allSatisfy { $0.actor == "system" })
    }

    @Test("goes on after years without power with the standby that everybody has seen", arguments: [1, 89, 90, 400, 1095] as [Int64])
    func absence(_ days: Int64) async throws {
        let install = try Install.prepared()
        let (first, second) = try (install.signer.kid, install.standby.kid)
        await install.authority.close()
        install.clock.advance(seconds: days * day)
        let later = try Install(at: install.scratch, clock: install.clock)
        #expect(later.authority.clockProblem == nil)
        try await later.tend()
        #expect(try later.signer.kid == (days < 90 ? first : second))
        let pair = try await later.issue(later.identity())
        #expect(try later.keyId(pair) == (days < 90 ? first : second) && later.isLive(pair))
        #expect(later.authority.keys.ring.records.count == (days < 90 ? 2 : 3))
    }

    @Test("waits for a standby that is too young, and says until when")
    func young() async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: 90 * day - hour)
        _ = try await install.authority.revokeKey(install.standby.kid, reason: "stolen", by: install.admin)
        let (signer, standby) = try (install.signer.kid, install.standby.kid)
        install.clock.advance(seconds: hour)
        await install.authority.upkeep()
        #expect(try install.signer.kid == signer)
        #expect(install.authority.keyRingReport().waitsFor == .init(reason: "standby_too_young", until: at(91 * day - hour)))
        install.clock.advance(seconds: day - hour)
        await install.authority.upkeep()
        #expect(try install.signer.kid == standby && install.authority.keyRingReport().waitsFor == nil)
    }

    @Test("that can't be kept leaves the signer as it is, says why, and is tried again every minute", arguments: [true, false])
    func failure(_ isCuredByHand: Bool) async throws {
        let fails = Mutex(true)
        let tries = Mutex(0)
        let keys = PreparedKeys()
        let install = try Install.prepared(seams: { seams in
            seams.makeKey = { bits in
                tries.withLock { $0 += 1 }
                if fails.withLock({ $0 }) { throw PreparedKeys.NoMore() }
                return try keys.maker(bits)
            }
        })
        let document = install.authority.keys.document
        let signer = try install.signer.kid
        install.clock.advance(seconds: 90 * day)
        for _ in 0..<180 {
            await install.authority.upkeep()
            install.clock.advance(seconds: 1)
        }
        #expect(tries.withLock { $0 } == 3)
        let health = try #require(install.authority.services.first { $0.name == "keyRing" })
        #expect(
            health.level == .degraded && health.detail?.contains("the rotation is due") == true
                && health.summary?.contains("NoMore") == false)
        #expect(install.authority.keyRingReport().problem != nil)
        #expect(install.authority.keys.document == document)
        #expect(try await install.keyId(install.issue(install.identity())) == signer)
        fails.withLock { $0 = false }
        if isCuredByHand { _ = try await install.authority.rotateKeys(now: false, by: install.admin) }
        for _ in 0..<60 { await install.authority.upkeep() }
        #expect(try install.signer.kid != signer)
        #expect(install.authority.keyRingProblem == nil && install.authority.services.allSatisfy { $0.level == .healthy })
        #expect(install.authority.keys.ring.records.count == 3)
    }

    @Test("that the store refuses to write is undone whole", arguments: [AuditRecord.Action.keyRotated, .keyCreated])
    func unwritable(_ action: AuditRecord.Action) async throws {
        let fails = Mutex(false)
        let install = try Install.prepared(seams: { seams in
            seams.beforeRecord = { if $0 == action, fails.withLock({ $0 }) { throw PreparedKeys.NoMore() } }
        })
        install.clock.advance(seconds: 90 * day)
        await install.authority.noteTime()
        let before = try install.contents()
        fails.withLock { $0 = true }
        await install.authority.tendKeys()
        #expect(try install.contents() == before && install.authority.keyRingProblem != nil)
        fails.withLock { $0 = false }
        try await install.tend()
        #expect(install.authority.keys.ring.records.count == 3)
    }

    @Test("never hands over to a standby that can't sign, and neither does the operator")
    func damagedStandby() async throws {
        let install = try Install.prepared()
        let (signer, standby) = try (install.signer.kid, install.standby.kid)
        try await install.store.write { transaction in
            var key = try transaction.get(Tables.signingKeys, standby)!
            // Another record's private half, sealed for another place.
            key.sealedPrivateKey = try transaction.get(Tables.signingKeys, signer)!.sealedPrivateKey
            try transaction.put(Tables.signingKeys, standby, key)
        }
        install.clock.advance(seconds: 90 * day)
        await install.authority.upkeep()
        #expect(install.authority.services.first { $0.name == "keyRing" }?.detail?.contains("revoke it") == true)
        let refusal = await refusal { try await install.authority.rotateKeys(now: true, by: install.admin) }
        #expect(refusal?.code == .signingUnavailable && refusal?.message.contains(standby) == true)
        #expect(try await install.keyId(install.issue(install.identity())) == signer)
        _ = try await install.authority.revokeKey(standby, reason: "damaged", by: install.admin)
        install.clock.advance(seconds: day)
        for _ in 0..<60 { await install.authority.upkeep() }
        #expect(try install.signer.kid != signer && install.authority.keyRingProblem == nil)
        #expect(try await install.isLive(install.issue(install.identity("two"))))
    }

    @Test("does nothing by a clock that can't be trusted, and goes on when it is right again")
    func wrongClock() async throws {
        let install = try Install.prepared()
        let before = install.authority.keys.document
        install.clock.step(seconds: 5 * 365 * day)
        await install.authority.upkeep()
        #expect(install.authority.keys.document == before && install.authority.keyRingReport().waitsFor?.reason == "clock")
        install.clock.advance(seconds: 90 * day)
        await install.authority.upkeep()
        #expect(install.authority.keys.document == before)
        install.clock.step(seconds: -5 * 365 * day)
        await install.authority.upkeep()
        #expect(install.authority.keys.document != before && install.authority.keyRingReport().waitsFor == nil)
    }

    @Test("shows a key that has left to nobody again when a longer grace is configured")
    func longerGrace() async throws {
        let install = try Install.prepared()
        let first = try install.signer.kid
        install.clock.advance(seconds: day)
        let rotation = try await install.authority.rotateKeys(now: false, by: install.admin)
        install.clock.advance(seconds: 3 * day)
        #expect(try !install.served.contains(first))
        let again = try await install.restarted { $0.graceAfterUse = 30 * day }
        #expect(try !again.served.contains(first))
        #expect(try again.record(first).leavesAt == rotation.oldKeyExpiresAt)
    }

    @Test("keeps a key for the tokens of a longer maximum than today's, and refreshes give none any more")
    func shorterTokens() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        install.clock.advance(seconds: day)
        let pair = try await install.issue(identity) { $0.expiresIn = 86_400 }
        let short = try await install.restarted { settings in
            (settings.maxAccessTokenTTL, settings.accessTokenTTL, settings.graceAfterUse) = (600, 600, 660)
        }
        let rotation = try await short.authority.rotateKeys(now: false, by: short.admin)
        #expect(rotation.oldKeyExpiresAt == at(2 * day + 60))
        let refreshed = try await short.refresh(pair)
        #expect(refreshed.accessTokenExpiresAt == at(day + 600))
        #expect(try short.isLive(pair))
        // The signer of today signs no token that is longer than its own grace.
        #expect(try short.signer.longestToken == 600)
        let long = try await short.restarted { $0.maxAccessTokenTTL = 7200 }
        #expect(try long.signer.longestToken == 7200)
    }

    @Test("remembers so many keys and no more, and none of those that are in the JWKS is forgotten")
    func bounded() async throws {
        let install = try Install.prepared()
        let others = (0..<300).map { SigningKeyRecord.sample("old\($0)", .retired, activated: 0, deactivated: 0, left: Int64($0) - 1000) }
        try await install.store.write { transaction in
            for key in others { try transaction.put(Tables.signingKeys, key.kid, key) }
            try transaction.put(Tables.signer, SignerRow.revoked("old0"), TextRow("old0"))
        }
        install.clock.advance(seconds: day)
        _ = try await install.authority.rotateKeys(now: false, by: install.admin)
        let records = install.authority.keys.ring.records
        #expect(records.count == 203)
        // The oldest go first.
        #expect(Set(records.filter { $0.state == .retired }.map(\.kid)) == Set(others.suffix(200).map(\.kid)))
        // But not that one was revoked.
        #expect(try install.store.read { try SignerRow.isRevoked("old0", in: $0) })
    }

    @Test("makes no key at a start: after a thousand there are two")
    func thousandStarts() async throws {
        let install = try Install.prepared()
        let before = install.authority.keys.document
        for number in 0..<1000 {
            install.clock.advance(seconds: 3600)
            var settings = install.authority.settings
            // Now and then another configuration.
            settings.jwksMaxAge = number % 7 == 0 ? 300 : 3600
            settings.maxAccessTokenTTL = number % 5 == 0 ? 7200 : 86_400
            let authority = try Authority.open(
                store: install.store, settings: settings, masterKey: .file(install.scratch.masterKey), clock: install.clock)
            await authority.tendKeys()
            #expect(authority.keys.document == before && authority.keys.ring.records.count == 2)
            authority.signing.close()
        }
    }
}
