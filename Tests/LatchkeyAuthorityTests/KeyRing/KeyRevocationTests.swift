@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
import Testing

@Suite("An emergency revocation of signing keys")
struct KeyRevocationTests {
    @Test("of the signer takes it out of the JWKS at once, lets the standby sign, and ends its tokens")
    func signer() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let pair = try await install.issue(identity)
        let holder = try install.caller(pair)
        let (old, next) = try (install.signer.kid, install.standby.kid)
        install.clock.advance(seconds: 600)
        let done = try await install.authority.revokeKey(old, reason: "it lay in a public bucket", by: install.admin)
        #expect(done.revokedKeyIds == [old] && done.revokedAt == at(600) && done.signerKeyId == next)
        #expect(try done.standbyKeyId == install.standby.kid)
        #expect(try install.served == [next, install.standby.kid].sorted())
        let record = try install.record(old)
        #expect(record.state == .revoked && record.sealedPrivateKey == nil && record.revokeReason == "it lay in a public bucket")
        // Its tokens are dead here: for who asks about them, for who comes with them, and where a write of theirs is decided.
        #expect(try !install.isLive(pair))
        #expect(throws: AuthorityError.self) { try install.caller(pair) }
        #expect(await refusal { try await install.identity("late", by: holder) }?.code == .tokenRevoked)
        // The session goes on: its refresh token was never that key's.
        let fresh = try await install.refresh(pair)
        #expect(try install.keyId(fresh) == next && install.isLive(fresh))
    }

    @Test("says what can still be accepted, by whom and until when")
    func told() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let (old, next) = try (install.signer.kid, install.standby.kid)
        let dead = try await install.issue(identity) { $0.expiresIn = 7200 }
        try await install.authority.revoke(.token(dead.tokenId), by: install.admin)
        _ = try await install.issue(identity) { $0.expiresIn = 60 }
        _ = try await install.issue(identity) { $0.expiresIn = 3000 }
        _ = try await install.issue(identity) { $0.expiresIn = 3600 }
        try await install.authority.noteBundle(notAfter: at(5 * day))
        install.clock.advance(seconds: 600)
        let done = try await install.authority.revokeKey(old, reason: "stolen", by: install.admin)
        #expect(done.outstandingTokens == 2 && done.latestTokenExpiry == at(3600))
        #expect(
            done.stillAcceptedBy == [
                KeyHolder(who: "verifiers with a copy of the JWKS from before \(at(600))", until: at(600 + hour)),
                KeyHolder(who: "verifiers that hold a trust bundle from before \(at(600))", until: at(5 * day)),
            ])
        // Both keys are in the bundle; copies from before the first start do not exist, but nobody knows that.
        #expect(
            done.notYetAcceptedBy == [
                KeyHolder(who: "verifiers whose copy of the JWKS is older than \(at(0))", until: at(hour))
            ])
        #expect(done.verifiersMustRefetch)
        // The standby of now is in no bundle: the next emergency breaks their holders, and says so.
        let second = try await install.authority.revokeKey(next, reason: "stolen too", by: install.admin)
        #expect(second.outstandingTokens == 0 && second.latestTokenExpiry == nil)
        #expect(second.notYetAcceptedBy.map(\.until) == [at(600 + hour), at(5 * day)])
    }

    @Test("harms nobody when the standby is known everywhere")
    func harmless() async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: hour)
        let done = try await install.authority.revokeKey(install.signer.kid, reason: "stolen", by: install.admin)
        #expect(done.notYetAcceptedBy.isEmpty)
        #expect(done.verifiersMustRefetch, "the revoked key is in copies of the JWKS")
    }

    @Test("of the standby makes another; tokens and signer are not concerned")
    func standby() async throws {
        let install = try Install.prepared()
        let pair = try await install.issue(install.identity())
        let (signer, old) = try (install.signer.kid, install.standby.kid)
        let done = try await install.authority.revokeKey(old, reason: "stolen", by: install.admin)
        #expect(done.revokedKeyIds == [old] && done.signerKeyId == signer && done.notYetAcceptedBy.isEmpty)
        #expect(done.outstandingTokens == 0)
        #expect(try install.standby.kid == done.standbyKeyId && install.isLive(pair))
    }

    @Test("of a key in grace, and of one that has left lately, names the copies that still hold it")
    func gone() async throws {
        let install = try Install.prepared()
        let first = try install.signer.kid
        install.clock.advance(seconds: day)
        _ = try await install.authority.rotateKeys(now: false, by: install.admin)
        let (second, third) = try (install.signer.kid, install.standby.kid)
        // An import displaces a standby that copies still hold.
        _ = try await install.authority.importKey(pem: Fixture.pem("rsa2048-pkcs8"), by: install.admin)
        install.clock.advance(seconds: 600)
        let displaced = try await install.authority.revokeKey(third, reason: "stolen", by: install.admin)
        #expect(displaced.stillAcceptedBy.map(\.until) == [at(day + hour)])
        let grace = try await install.authority.revokeKey(first, reason: "stolen", by: install.admin)
        #expect(grace.stillAcceptedBy.map(\.until) == [at(day + 600 + hour)])
        #expect(grace.signerKeyId == second && grace.notYetAcceptedBy.isEmpty)
        #expect(try install.served == [second, install.standby.kid].sorted())
        // Long after, nobody has it.
        install.clock.advance(seconds: 100 * day)
        try await install.tend()
        install.clock.advance(seconds: 10 * day)
        try await install.tend()
        #expect(try install.record(second).state == .retired)
        install.clock.advance(seconds: hour)
        let late = try await install.authority.revokeKey(second, reason: "stolen", by: install.admin)
        #expect(late.revokedKeyIds == [second] && late.stillAcceptedBy.isEmpty && late.outstandingTokens == 0)
    }

    @Test("of what is revoked already changes nothing, of what is unknown is refused, and a reason is needed")
    func refused() async throws {
        let install = try Install.prepared()
        let kid = try install.signer.kid
        _ = try await install.authority.revokeKey(kid, reason: "stolen", by: install.admin)
        let before = try install.contents()
        let again = try await install.authority.revokeKey(kid, reason: "stolen again", by: install.admin)
        #expect(again.revokedKeyIds.isEmpty && again.stillAcceptedBy.isEmpty && again.notYetAcceptedBy.isEmpty)
        #expect(try again.signerKeyId == install.signer.kid)
        for unknown in ["", "nobody", kid + "x", String(repeating: "k", count: 600)] {
            #expect(
                await refusal { try await install.authority.revokeKey(unknown, reason: "r", by: install.admin) }?.code
                    == .signingKeyNotFound)
        }
        for reason in ["", "a\u{202E}b", "a\nb", String(repeating: "r", count: 501)] {
            #expect(
                await refusal { try await install.authority.revokeKey(kid, reason: reason, by: install.admin) }?.text("field") == "reason")
            #expect(
                await refusal { try await install.authority.revokeAllKeys(reason: reason, by: install.admin) }?.text("field") == "reason")
        }
        #expect(try install.contents() == before)
    }

    @Test("of all takes every key out, and says that verifiers must fetch anew")
    func all() async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: day)
        _ = try await install.authority.rotateKeys(now: false, by: install.admin)
        let pair = try await install.issue(install.identity())
        let before = try Set(install.served)
        let done = try await install.authority.revokeAllKeys(reason: "the disk was stolen", by: install.admin)
        #expect(done.revokedKeyIds.count == 3 && Set(done.revokedKeyIds) == before)
        #expect(try Set(install.served).isDisjoint(with: before))
        #expect(try install.served == [install.signer.kid, install.standby.kid].sorted())
        #expect(done.signerKeyId != nil && done.standbyKeyId != nil && done.verifiersMustRefetch)
        #expect(done.outstandingTokens == 1 && done.notYetAcceptedBy.map(\.until) == [at(day + hour)])
        #expect(try !install.isLive(pair))
        #expect(try await install.isLive(install.refresh(pair)))
    }

    @Test("of all works without a master key and by a wrong clock: the keys are out of the JWKS, and nothing signs until one can be made")
    func crippled() async throws {
        let install = try Install.prepared()
        install.clock.step(seconds: -30 * day)
        let first = try await install.authority.revokeAllKeys(reason: "stolen", by: install.admin)
        #expect(first.revokedKeyIds.count == 2 && first.revokedAt == at(0))
        install.clock.step(seconds: 30 * day)
        #expect(try await install.keyId(install.issue(install.identity())) == first.signerKeyId)
        let sealed = try await install.withoutMasterKey()
        let second = try await sealed.authority.revokeAllKeys(reason: "stolen", by: sealed.admin)
        #expect(second.revokedKeyIds.count == 2 && second.signerKeyId == nil && second.standbyKeyId == nil)
        #expect(sealed.authority.keys.ring.published.isEmpty)
        let identity = try await sealed.identity("two")
        #expect(await refusal { try await sealed.issue(identity) }?.code == .signingUnavailable)
        try sealed.putMasterKeyBack()
        let again = try await sealed.restarted()
        try await again.tend()
        #expect(again.authority.keys.ring.published.map(\.state) == [.active, .standby])
        #expect(try await again.isLive(again.issue(identity)))
    }

    @Test("goes through when no key can be made; what is missing is told, and born as soon as it can be")
    func noKeys() async throws {
        let fails = Mutex(true)
        let keys = PreparedKeys()
        let install = try Install.prepared(seams: { seams in
            seams.makeKey = { bits in
                if fails.withLock({ $0 }) { throw PreparedKeys.NoMore() }
                return try keys.maker(bits)
            }
        })
        let (old, next) = try (install.signer.kid, install.standby.kid)
        let done = try await install.authority.revokeKey(old, reason: "stolen", by: install.admin)
        #expect(done.revokedKeyIds == [old] && done.signerKeyId == next && done.standbyKeyId == nil)
        #expect(try install.served == [next])
        #expect(install.authority.services.first { $0.name == "keyRing" }?.level == .degraded)
        _ = try await install.issue(install.identity())
        fails.withLock { $0 = false }
        for _ in 0..<60 { await install.authority.upkeep() }
        #expect(try install.served == [next, install.standby.kid].sorted())
        #expect(install.authority.services.allSatisfy { $0.level == .healthy })
    }

    struct Late: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sign: @Sendable (Install, IdentityRecord, TokenPair) async throws -> TokenPair

        static let all = [
            Late(testDescription: "issued") { install, identity, _ in try await install.issue(identity) },
            Late(testDescription: "refreshed") { install, _, pair in try await install.refresh(pair) },
            Late(testDescription: "issued to a new sub-agent") { install, identity, _ in
                try await install.subAgent("child", of: identity).pair
            },
        ]
    }

    @Test("overtakes a token that is being signed: nobody is handed one of the revoked key", arguments: Late.all)
    func race(_ late: Late) async throws {
        let install = try Install.prepared()
        let identity = try await install.identity("worker", Family.scopes)
        let pair = try await install.issue(identity)
        let old = try install.signer.kid
        let (revoked, signed) = try await install.inOrder({
            try await install.authority.revokeKey(old, reason: "stolen", by: install.admin)
        }) {
            try await late.sign(install, identity, pair)
        }
        #expect(try revoked.get().outstandingTokens == 1)
        #expect(try install.keyId(signed.get()) == revoked.get().signerKeyId)
        #expect(try install.isLive(signed.get()))
    }

    @Test("of all that overtakes another works on what is there then", arguments: [true, false])
    func twice(_ isAll: Bool) async throws {
        let install = try Install.prepared()
        let kid = try install.signer.kid
        let revoke = { @Sendable () async throws in
            try await isAll
                ? install.authority.revokeAllKeys(reason: "stolen", by: install.admin)
                : install.authority.revokeKey(kid, reason: "stolen", by: install.admin)
        }
        let (first, second) = try await install.inOrder(revoke, then: revoke)
        #expect(try first.get().revokedKeyIds.count == (isAll ? 2 : 1))
        #expect(try second.get().revokedKeyIds.count == (isAll ? 2 : 0))
        #expect(install.authority.keys.ring.published.map(\.state) == [.active, .standby])
    }
}
