import FoundationEssentials
import LatchkeyCrypto
import LatchkeyVerifier
import Testing

/// Tokens that try to pass for what they are not while both algorithms are accepted.
@Suite("A key set with a legacy key")
struct LegacyTokenTests {
    private let legacy = TokenDraft.legacy
    private let modern = TokenDraft()

    private func refusalOf(_ token: String, at now: Timestamp = TokenDraft.now) throws -> VerificationError.Reason? {
        let verifier = try Legacy.verifier()
        return refusal { try verifier.verify(token, at: now) }
    }

    @Test("takes tokens of both kinds, each by its own key")
    func both() throws {
        #expect(try Legacy.verifier().verify(legacy.coded(), at: TokenDraft.now) == legacy.claims)
        #expect(try Legacy.verifier().verify(modern.signed(), at: TokenDraft.now) == modern.claims)
    }

    @Test("takes no legacy token once the key is gone")
    func withoutKey() throws {
        let keys = try Legacy.set(Keys.first, legacy: nil)
        #expect(refusal { try keys.verifySignature(of: legacy.coded()) } == .unknownKey)
        #expect(refusal { try keys.verifySignature(of: modern.signed()) } == nil)
    }

    @Test("takes for a legacy token only HS256 in exactly this spelling")
    func algorithms() throws {
        for alg in ["RS256", "RS384", "RS512", "PS256", "ES256", "HS384", "HS512", "none", "hs256", "Hs256", "HS256x", "EdDSA"] {
            #expect(try refusalOf(legacy.coded { $0.alg = alg }) == .algorithm, "\(alg) with an HMAC")
            #expect(try refusalOf(legacy.signed { $0.alg = alg }) == .algorithm, "\(alg) with an RSA signature")
        }
        var unsigned = legacy
        unsigned.alg = "none"
        #expect(try refusalOf(text(unsigned.input) + ".") == .malformed)
        #expect(try refusalOf(text(unsigned.input) + ".AA") == .algorithm)
    }

    @Test("takes for an RSA key's token no HS256, with the public key, the legacy secret or anything as secret")
    func publicKeyAsSecret() throws {
        var forged = modern
        forged.alg = "HS256"
        let publicKey = Keys.first.publicKey
        let pem = try publicKey.pem()
        let der = try #require(Data(base64Encoded: pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()))
        let secrets: [[UInt8]] = [
            Array(pem.utf8), Array(pem.utf8.dropLast()), Array(der), publicKey.modulus, Array(Base64URL.encode(publicKey.modulus).utf8),
            Array(try JSONEncoder().encode(Keys.jwk(Keys.first))), Array(publicKey.thumbprint.utf8), Legacy.secret, [0],
        ]
        for secret in secrets {
            #expect(try refusalOf(forged.coded(secret: secret)) == .algorithm)
            #expect(try refusalOf(modern.coded(secret: secret)) == .signature)
            // The same secret under the legacy kid: it is not the legacy secret, unless it is.
            let byLegacyKid = legacy.coded(secret: secret)
            #expect(try refusalOf(byLegacyKid) == (secret == Legacy.secret ? nil : .signature))
        }
    }

    @Test("takes no made-up kid and none that only looks like the legacy one")
    func kids() throws {
        for kid in ["made-up", "Production", "production ", "productio", "production2", nil] {
            let reason = try refusalOf(legacy.coded { $0.kid = kid })
            #expect(reason == (kid == "production " ? .malformed : .unknownKey))
        }
    }

    @Test("takes no RS256 with the legacy kid, though the signature is a published key's")
    func legacyKid() throws {
        #expect(try refusalOf(modern.signed { $0.kid = Legacy.kid }) == .algorithm)
        #expect(try refusalOf(legacy.signed()) == .signature)
    }

    @Test("takes no HMAC that was changed, cut or made longer, and none over another payload")
    func signature() throws {
        let parts = legacy.coded().split(separator: ".").map(String.init)
        let code = try #require(Base64URL.decode(parts[2]))
        for index in code.indices {
            var changed = code
            changed[index] ^= 1
            #expect(try refusalOf("\(parts[0]).\(parts[1]).\(Base64URL.encode(changed))") == .signature)
        }
        for other in [Array(code.dropLast()), Array(code.prefix(1)), code + [0], [UInt8](repeating: 0, count: 32)] {
            #expect(try refusalOf("\(parts[0]).\(parts[1]).\(Base64URL.encode(other))") == .signature)
        }
        var wider = legacy
        wider.claims.scopes = ["*:*:*:*"]
        #expect(try refusalOf("\(text(wider.input)).\(parts[2])") == .signature)
    }

    @Test("asks legacy tokens for the legacy issuer and all others for its own, also when the policy names none")
    func issuers() throws {
        #expect(try refusalOf(legacy.coded { $0.claims.issuer = "https://keys.example" }) == .issuer)
        #expect(try refusalOf(modern.signed { $0.claims.issuer = Legacy.issuer }) == .issuer)
        let open = TokenVerifier(keys: try Legacy.set(Keys.first), policy: TokenPolicy())
        #expect(refusal { try open.verify(legacy.coded { $0.claims.issuer = "https://keys.example" }, at: TokenDraft.now) } == .issuer)
        #expect(refusal { try open.verify(legacy.coded(), at: TokenDraft.now) } == nil)
    }

    @Test("asks legacy tokens for type, audience and times as it asks all")
    func policy() throws {
        #expect(try refusalOf(legacy.coded { $0.claims.tokenType = "refresh" }) == .tokenType)
        #expect(try refusalOf(legacy.coded { $0.claims.audience = ["relaycast"] }) == .audience)
        #expect(try refusalOf(legacy.coded { $0.typ = "at+jwt" }) == .tokenType)
        #expect(try refusalOf(legacy.coded(), at: Timestamp(seconds: legacy.claims.expiresAt + 59)) == nil)
        #expect(try refusalOf(legacy.coded(), at: Timestamp(seconds: legacy.claims.expiresAt + 60)) == .expired)
        #expect(try refusalOf(legacy.coded { $0.claims.issuedAt = TokenDraft.now.seconds + 61 }) == .notYetValid)
        #expect(try refusalOf(legacy.coded { $0.claims.notBefore = TokenDraft.now.seconds + 61 }) == .notYetValid)
    }

    @Test("holds a refresh token against its type, and takes no access token for one")
    func refreshType() throws {
        let keys = try Legacy.set(Keys.first)
        let policy = TokenPolicy(issuer: "https://keys.example")
        let refresh = try keys.verifySignature(of: legacy.coded { $0.claims.tokenType = "refresh" })
        let access = try keys.verifySignature(of: legacy.coded())
        #expect(refusal { try policy.check(refresh, tokenType: "refresh", at: TokenDraft.now) } == nil)
        #expect(refusal { try policy.check(access, tokenType: "refresh", at: TokenDraft.now) } == .tokenType)
        #expect(refusal { try policy.check(refresh, at: TokenDraft.now) } == .tokenType)
    }
}
