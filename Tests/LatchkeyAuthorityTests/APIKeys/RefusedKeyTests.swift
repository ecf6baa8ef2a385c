@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("An API key that does not count")
struct RefusedKeyTests {
    private let scopes = ["relayauth:api-key:manage:*", "relayfile:fs:read:*"]

    /// Well-formed secrets that do not count, by the reason that the log gets.
    private func bad(_ install: Install) async throws -> [(reason: String, secret: String)] {
        let revoked = try await install.key(scopes)
        try await install.revoke(revoked)
        let expired = try await install.key(scopes, expiresIn: 60)
        let replaced = try await install.key(scopes)
        _ = try await install.rotate(replaced)
        func own(_ name: String) async throws -> (IdentityRecord, Minted) {
            let identity = try await install.identity(name, scopes)
            return (
                identity,
                try await install.selfService(expiresIn: name == "expired" ? 60 : nil, by: install.caller(install.issue(identity)))
            )
        }
        let (suspended, ofSuspended) = try await own("suspended")
        let (retired, ofRetired) = try await own("retired")
        let (deleted, ofDeleted) = try await own("deleted")
        let (_, ownExpired) = try await own("expired")
        try await install.suspend(suspended)
        try await Fate.retire.meet(retired.id, in: install)
        try await Fate.delete.meet(deleted.id, in: install)
        install.clock.advance(seconds: 60)
        return [
            ("unknown", try APIKeySecret.make().text.text), ("revoked", revoked.secret), ("revoked", replaced.secret),
            ("expired", expired.secret), ("one of an identity that is not active", ofSuspended.secret), ("revoked", ofRetired.secret),
            ("revoked", ofDeleted.secret), ("expired", ownExpired.secret),
        ]
    }

    @Test("is refused with one sentence, malformed or not, and the reason goes to the log")
    func sentence() async throws {
        let install = try Install()
        let bad = try await bad(install)
        let good = try await install.key(scopes).secret
        let malformed = ["", "lk_", String(good.dropLast()), good + "0", "LK_" + good.dropFirst(3), good.replacing("lk_", with: "lkr_")]
        for (reason, secret) in bad + malformed.map({ ("malformed", $0) }) {
            let error = await refusal { try install.authority.authenticate(apiKey: secret, origin: RequestOrigin()) }
            #expect(error?.code == .invalidAPIKey)
            #expect(error?.message == AuthorityError.badAPIKey.message)
            #expect(error?.details.isEmpty == true && error?.limit == nil)
            await install.authority.flush(all: true)
            #expect(try install.audit(.apiKeyDenied).last?.metadata["reason"] == reason)
        }
    }

    /// Counted, where a statistical test would measure the machine: what differs in work by its reason differs in what it looks up.
    @Test("costs the same look-ups whatever the reason")
    func work() async throws {
        let install = try Install()
        let bad = try await bad(install)
        let now = install.clock.now()
        for (reason, secret) in bad {
            let hash = try #require(APIKeySecret.hash(presented: secret))
            let (standing, looks) = try install.counted { try Authority.keyStanding(hash, at: now, in: $0) }
            #expect(!standing.isGood)
            #expect(standing.reason(at: now) == reason)
            #expect(looks == 2, "\(reason)")
            #expect(!standing.row.scopes.isEmpty)
        }
        // one that is not known is read from as many bytes as one that is
        let plain = try await install.key(["relayauth:api-key:read:*"])
        #expect(try APIKeyRow(plain.record).encode().count == KeyStanding.decoy.count)
        let good = try await install.key(scopes)
        let hash = try #require(APIKeySecret.hash(presented: good.secret))
        let (standing, looks) = try install.counted { try Authority.keyStanding(hash, at: now, in: $0) }
        #expect(standing.isGood && looks == 1)
    }
}
