import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("The signature cache")
struct SignatureCacheTests {
    private let draft = TokenDraft()

    @Test("answers as the key set does, the first time and again")
    func same() throws {
        let cache = SignatureCache(capacity: 4)
        let keys = try Keys.set(Keys.first)
        let token = try draft.signed()
        let first = try cache.verifySignature(of: token, with: keys)
        #expect(first.claims == draft.claims)
        #expect(first.payload == draft.claims.json())
        #expect(first.keyId == Keys.first.publicKey.thumbprint)
        #expect(try cache.verifySignature(of: token, with: keys) === first)
    }

    @Test("does not accept what it remembers once the key has left the set")
    func keyRemoved() throws {
        let cache = SignatureCache(capacity: 4)
        let token = try draft.signed()
        _ = try cache.verifySignature(of: token, with: Keys.set(Keys.first, Keys.second))
        #expect(refusal { try cache.verifySignature(of: token, with: Keys.set(Keys.second)) } == .unknownKey)
        #expect(refusal { try cache.verifySignature(of: token, with: Keys.set(Keys.first)) } == nil)
    }

    @Test("does not remember a failure")
    func failure() throws {
        let cache = SignatureCache(capacity: 4)
        let token = try draft.signed()
        let foreign = try Keys.set(Keys.second)
        #expect(refusal { try cache.verifySignature(of: token, with: foreign) } == .unknownKey)
        #expect(refusal { try cache.verifySignature(of: token, with: foreign) } == .unknownKey)
        #expect(try cache.verifySignature(of: token, with: Keys.set(Keys.first)).claims == draft.claims)
        // wrong key under the right name, and then the right one
        let fresh = SignatureCache(capacity: 4)
        let impostor = try KeySet(JWKSet(keys: [Keys.jwk(Keys.second, kid: Keys.first.publicKey.thumbprint)]))
        #expect(refusal { try fresh.verifySignature(of: token, with: impostor) } == .signature)
        #expect(refusal { try fresh.verifySignature(of: token, with: impostor) } == .signature)
        #expect(try fresh.verifySignature(of: token, with: Keys.set(Keys.first)).claims == draft.claims)
    }

    @Test("takes a token that differs in one byte for another one")
    func exactBytes() throws {
        let cache = SignatureCache(capacity: 4)
        let keys = try Keys.set(Keys.first)
        let token = try draft.signed()
        _ = try cache.verifySignature(of: token, with: keys)
        let parts = token.split(separator: ".")
        var wider = draft
        wider.claims.scopes = ["*:*:*:*"]
        let forged = "\(text(wider.input)).\(parts[2])"
        #expect(refusal { try cache.verifySignature(of: forged, with: keys) } == .signature)
        #expect(refusal { try cache.verifySignature(of: token + "A", with: keys) } != nil)
    }

    @Test("keeps at most twice its capacity, the latest ones")
    func bounded() throws {
        let cache = SignatureCache(capacity: 3)
        let keys = try Keys.set(Keys.first)
        let tokens = try (0..<12).map { number in try draft.signed { $0.claims.tokenId = "tok_\(number)" } }
        var first: [VerifiedToken] = []
        for token in tokens { first.append(try cache.verifySignature(of: token, with: keys)) }
        // Looked at from the latest back, so that looking does not push out what is still to be looked at.
        var remembered: [Int] = []
        for index in tokens.indices.reversed() where try cache.verifySignature(of: tokens[index], with: keys) === first[index] {
            remembered.append(index)
        }
        #expect(remembered == [11, 10, 9, 8, 7, 6])
    }

    @Test("keeps no legacy token alive past its key, nor lets an RSA key stand in for it")
    func legacyRemoved() throws {
        let cache = SignatureCache(capacity: 4)
        let token = TokenDraft.legacy.coded()
        #expect(try cache.verifySignature(of: token, with: Legacy.set(Keys.first)).legacy != nil)
        #expect(refusal { try cache.verifySignature(of: token, with: Legacy.set(Keys.first, legacy: nil)) } == .unknownKey)
        let namesake = try KeySet(JWKSet(keys: [Keys.jwk(Keys.first, kid: Legacy.kid)]))
        #expect(refusal { try cache.verifySignature(of: token, with: namesake) } == .algorithm)
        let other = try LegacyKey(kid: Legacy.kid, secret: Secret(copying: Array("another secret of 26 bytes".utf8)), issuer: Legacy.issuer)
        #expect(refusal { try cache.verifySignature(of: token, with: Legacy.set(Keys.first, legacy: other)) } == .signature)
    }

    @Test("does not let the legacy key stand in for an RSA key that had its kid")
    func rsaRemoved() throws {
        let cache = SignatureCache(capacity: 4)
        let token = try draft.signed { $0.kid = Legacy.kid }
        let namesake = try KeySet(JWKSet(keys: [Keys.jwk(Keys.first, kid: Legacy.kid)]))
        #expect(try cache.verifySignature(of: token, with: namesake).legacy == nil)
        #expect(refusal { try cache.verifySignature(of: token, with: Legacy.set(Keys.second)) } == .algorithm)
    }
}
