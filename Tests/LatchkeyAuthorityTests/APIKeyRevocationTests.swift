@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

@Suite("Revoking an API key")
struct APIKeyRevocationTests {
    @Test("ends it at once; again changes nothing")
    func again() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        install.clock.advance(seconds: 5)
        let revoked = try await install.authority.revokeAPIKey(key.record.id, reason: "lost", by: install.admin)
        #expect(revoked.key.record.revokedAt == ManualClock.start.adding(seconds: 5))
        #expect(revoked.key.record.revokeReason == "lost")
        #expect(throws: AuthorityError.badAPIKey) { try install.caller(key) }
        install.clock.advance(seconds: 5)
        let before = try install.contents()
        let again = try await install.authority.revokeAPIKey(key.record.id, reason: "other", by: install.admin)
        #expect(again.key.record.revokedAt == revoked.key.record.revokedAt)
        #expect(again.key.record.revokeReason == "lost")
        #expect(try install.contents() == before)
        let restarted = try await install.restarted()
        #expect(throws: AuthorityError.badAPIKey) { try restarted.caller(key) }
        #expect(try restarted.audit(.apiKeyRevoked).count == 1)
    }

    @Test("takes a reason of 1 to 500 scalars that can be seen, or none")
    func reason() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        for reason in ["", "a\u{7}", String(repeating: "x", count: 501)] {
            let error = await refusal { try await install.authority.revokeAPIKey(key.record.id, reason: reason, by: install.admin) }
            #expect(error?.text("field") == "reason")
        }
        #expect(throws: Never.self) { try install.caller(key) }
        let revoked = try await install.authority.revokeAPIKey(key.record.id, reason: String(repeating: "x", count: 500), by: install.admin)
        #expect(revoked.key.record.revokeReason?.count == 500)
        #expect(try install.audit(.apiKeyRevoked).first?.metadata["reason"]?.count == 500)
    }

    @Test("by the key itself works, and once")
    func itself() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let caller = try install.caller(key)
        _ = try await install.authority.revokeAPIKey(key.record.id, reason: nil, by: caller)
        #expect(throws: AuthorityError.badAPIKey) { try install.caller(key) }
        let other = try await install.key(["*"])
        #expect(
            await refusal { try await install.authority.revokeAPIKey(other.record.id, reason: nil, by: caller) }?.code == .invalidAPIKey)
        #expect(throws: Never.self) { try install.caller(other) }
    }

    @Test("leaves what it had minted alone")
    func children() async throws {
        let install = try Install()
        let parent = try await install.key(["*"])
        let child = try await install.key(["*"], by: install.caller(parent))
        _ = try await install.authority.revokeAPIKey(parent.record.id, reason: nil, by: install.admin)
        #expect(throws: Never.self) { try install.caller(child) }
    }
}
