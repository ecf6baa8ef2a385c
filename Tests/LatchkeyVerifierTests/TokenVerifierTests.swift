import FoundationEssentials
import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("The token verifier")
struct TokenVerifierTests {
    private let draft = TokenDraft()

    private func verifier(_ change: (inout TokenPolicy) -> Void = { _ in }) throws -> TokenVerifier {
        var policy = TokenPolicy(issuer: "https://keys.example", audiences: ["relayfile"])
        change(&policy)
        return TokenVerifier(keys: try Keys.set(Keys.first, Keys.second), policy: policy)
    }

    private func refusalOf(_ token: String, at now: Timestamp = TokenDraft.now) throws -> VerificationError.Reason? {
        let verifier = try verifier()
        return refusal { try verifier.verify(token, at: now) }
    }

    @Test("gives the claims of a good token")
    func good() throws {
        #expect(try verifier().verify(draft.signed(), at: TokenDraft.now) == draft.claims)
        let bySecond = try draft.signed { draft in
            draft.key = Keys.second
            draft.kid = Keys.second.publicKey.thumbprint
        }
        #expect(try verifier().verify(bySecond, at: TokenDraft.now) == draft.claims)
    }

    @Test("refuses alg none, with any signature and with none")
    func algorithmNone() throws {
        for alg in ["none", "None", "NONE", "nOnE"] {
            #expect(try refusalOf(draft.signed { $0.alg = alg }) == .algorithm)
        }
        var unsigned = draft
        unsigned.alg = "none"
        #expect(try refusalOf(text(unsigned.input) + ".") == .malformed)
        #expect(try refusalOf(text(unsigned.input)) == .malformed)
        #expect(try refusalOf(text(unsigned.input) + ".AA") == .algorithm)
    }

    @Test("refuses HS256 with the public key as secret, in every form that the public key is published in")
    func publicKeyAsSecret() throws {
        var forged = draft
        forged.alg = "HS256"
        let publicKey = Keys.first.publicKey
        let jwk = try JSONEncoder().encode(Keys.jwk(Keys.first))
        let secrets = [Array(try publicKey.pem().utf8), publicKey.modulus, Array(Base64URL.encode(publicKey.modulus).utf8), Array(jwk)]
        for secret in secrets {
            let code = HMACSHA256.code(forged.input, key: Secret(copying: secret))
            #expect(try refusalOf(CompactJWS.assemble(signingInput: forged.input, signature: code)) == .algorithm)
            // the same code under a header that says RS256
            let honest = HMACSHA256.code(draft.input, key: Secret(copying: secret))
            #expect(try refusalOf(CompactJWS.assemble(signingInput: draft.input, signature: honest)) == .signature)
        }
    }

    @Test("refuses every algorithm but the key's", arguments: ["HS256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256", "RS256x"])
    func algorithms(_ alg: String) throws {
        #expect(try refusalOf(draft.signed { $0.alg = alg }) == .algorithm)
    }

    @Test("refuses a kid that is another key's, unknown, or missing")
    func kid() throws {
        #expect(try refusalOf(draft.signed { $0.kid = Keys.second.publicKey.thumbprint }) == .signature)
        #expect(try refusalOf(draft.signed { $0.kid = "unknown" }) == .unknownKey)
        #expect(try refusalOf(draft.signed { $0.kid = nil }) == .unknownKey)
        #expect(try refusalOf(draft.signed { $0.kid = "../../dev/null" }) == .unknownKey)
    }

    @Test("refuses a header of another type", arguments: ["at+jwt", "JWS", "jwt"])
    func headerType(_ typ: String) throws {
        #expect(try refusalOf(draft.signed { $0.typ = typ }) == .tokenType)
        #expect(try refusalOf(draft.signed { $0.typ = nil }) == nil)
    }

    @Test("refuses a payload that was changed after signing, in any bit")
    func payload() throws {
        let parts = try draft.signed().split(separator: ".").map(String.init)
        var wider = draft
        wider.claims.scopes = ["*:*:*:*"]
        let widened = text(wider.input).split(separator: ".")[1]
        #expect(try refusalOf("\(parts[0]).\(widened).\(parts[2])") == .signature)
        let payload = try #require(Base64URL.decode(parts[1]))
        let verifier = try verifier()
        for index in payload.indices {
            var changed = payload
            changed[index] ^= 1
            let token = "\(parts[0]).\(Base64URL.encode(changed)).\(parts[2])"
            #expect(refusal { try verifier.verify(token, at: TokenDraft.now) } == .signature)
        }
    }

    @Test("refuses a signature that was changed, cut or made longer")
    func signature() throws {
        let parts = try draft.signed().split(separator: ".").map(String.init)
        let signature = try #require(Base64URL.decode(parts[2]))
        var changed = signature
        changed[0] ^= 1
        for other in [changed, Array(signature.dropLast()), signature + [0], [0] + signature, [UInt8](repeating: 0, count: 256)] {
            #expect(try refusalOf("\(parts[0]).\(parts[1]).\(Base64URL.encode(other))") == .signature)
        }
    }

    @Test("refuses what is no compact JWS of claims")
    func form() throws {
        let good = try draft.signed()
        for token in [
            "", ".", "..", "a.b", "a.b.c", good + ".", good + ".e30", "." + good, good + " ", "\n" + good, good + "=", "lkr_0123456789",
        ] {
            #expect(try refusalOf(token) == .malformed)
        }
        for payload in ["", "{}", "[]", "null", "{\"sub\":1}", "no JSON"] {
            #expect(try refusalOf(draft.signed { $0.payload = Array(payload.utf8) }) == .malformed)
        }
    }

    @Test("refuses a token that is no access token", arguments: ["refresh", "Access", "", "access "])
    func type(_ tokenType: String) throws {
        #expect(try refusalOf(draft.signed { $0.claims.tokenType = tokenType }) == .tokenType)
    }

    @Test("refuses another issuer", arguments: ["https://other.example", "https://keys.example/", "HTTPS://keys.example", ""])
    func issuer(_ issuer: String) throws {
        #expect(try refusalOf(draft.signed { $0.claims.issuer = issuer }) == .issuer)
    }

    @Test("compares issuer and audience byte for byte, not as Unicode does")
    func bytes() throws {
        let composed = try verifier { policy in
            policy.issuer = "https://k\u{e9}ys.example"
            policy.audiences = ["caf\u{e9}"]
        }
        let decomposed = try draft.signed { $0.claims.issuer = "https://ke\u{301}ys.example" }
        #expect(refusal { try composed.verify(decomposed, at: TokenDraft.now) } == .issuer)
        let audience = try draft.signed { draft in
            draft.claims.issuer = "https://k\u{e9}ys.example"
            draft.claims.audience = ["cafe\u{301}"]
        }
        #expect(refusal { try composed.verify(audience, at: TokenDraft.now) } == .audience)
    }

    @Test("refuses a token for another audience or for none")
    func audience() throws {
        for audience in [["relaycast"], [], ["relayfil"], ["relayfile2"], ["*"], ["RELAYFILE"]] {
            #expect(try refusalOf(draft.signed { $0.claims.audience = audience }) == .audience)
        }
        #expect(try refusalOf(draft.signed { $0.claims.audience = ["x", "relayfile"] }) == nil)
    }

    @Test("asks for no issuer and no audience when its policy names none, and takes nothing for an empty list of audiences")
    func openPolicy() throws {
        let foreign = try draft.signed { draft in
            draft.claims.issuer = "https://other.example"
            draft.claims.audience = []
        }
        let open = TokenVerifier(keys: try Keys.set(Keys.first), policy: TokenPolicy())
        #expect(try open.verify(foreign, at: TokenDraft.now).issuer == "https://other.example")
        let closed = TokenVerifier(keys: try Keys.set(Keys.first), policy: TokenPolicy(audiences: []))
        #expect(refusal { try closed.verify(foreign, at: TokenDraft.now) } == .audience)
    }

    @Test(
        "takes an expired token for 60 s of clock skew and no longer",
        arguments: [(-1, true), (0, true), (59, true), (60, false), (61, false)] as [(Int64, Bool)])
    func expiry(_ late: Int64, _ isGood: Bool) throws {
        let now = Timestamp(seconds: draft.claims.expiresAt + late)
        #expect(try refusalOf(draft.signed(), at: now) == (isGood ? nil : .expired))
    }

    @Test("counts the last millisecond before the skew's end as good")
    func expiryMillisecond() throws {
        let end = Timestamp(seconds: draft.claims.expiresAt + 60)
        #expect(try refusalOf(draft.signed(), at: end.adding(milliseconds: -1)) == nil)
        #expect(try refusalOf(draft.signed(), at: end) == .expired)
    }

    @Test(
        "takes a token issued in the future for 60 s of clock skew and no longer",
        arguments: [(59, true), (60, true), (61, false)] as [(Int64, Bool)])
    func future(_ early: Int64, _ isGood: Bool) throws {
        let now = Timestamp(seconds: draft.claims.issuedAt - early)
        #expect(try refusalOf(draft.signed(), at: now) == (isGood ? nil : .notYetValid))
    }

    @Test(
        "takes a token before its nbf for 60 s of clock skew and no longer",
        arguments: [(59, true), (60, true), (61, false)] as [(Int64, Bool)])
    func notBefore(_ early: Int64, _ isGood: Bool) throws {
        let token = try draft.signed { $0.claims.notBefore = TokenDraft.now.seconds + early }
        #expect(try refusalOf(token) == (isGood ? nil : .notYetValid))
    }

    @Test("keeps to the skew of its policy")
    func skew() throws {
        let strict = try verifier { $0.clockSkew = 0 }
        let token = try draft.signed()
        let end = Timestamp(seconds: draft.claims.expiresAt)
        #expect(refusal { try strict.verify(token, at: end) } == .expired)
        #expect(refusal { try strict.verify(token, at: end.adding(milliseconds: -1)) } == nil)
    }

    @Test("does not call somebody else's expired token merely expired")
    func order() throws {
        let now = Timestamp(seconds: draft.claims.expiresAt + 3600)
        #expect(try refusalOf(draft.signed { $0.claims.issuer = "https://other.example" }, at: now) == .issuer)
        #expect(try refusalOf(draft.signed { $0.claims.audience = ["x"] }, at: now) == .audience)
        #expect(try refusalOf(draft.signed { $0.claims.tokenType = "refresh" }, at: now) == .tokenType)
        #expect(try refusalOf(draft.signed { $0.key = Keys.second }, at: now) == .signature)
    }

    @Test("says in no error what the signature was")
    func silence() throws {
        let token = try draft.signed { $0.claims.issuer = "https://other.example" }
        let signature = try #require(token.split(separator: ".").last)
        let verifier = try verifier()
        let error = #expect(throws: VerificationError.self) { try verifier.verify(token, at: TokenDraft.now) }
        #expect(error?.message.contains(signature.prefix(16)) == false)
    }

    @Test(
        "finds scopes that cover what is asked, by the rules of scopes",
        arguments: [
            ("relayfile:fs:read:/docs/a", true), ("relayfile:fs:read:/docs/a/b", true), ("relayauth:token:create", true),
            ("relayfile:fs:read:/docsets", false),
            ("relayfile:fs:write:/docs/a", false), ("relayfile:fs:read:*", false), ("*:*:*:*", false),
            ("relayfile:fs:read:/docs/../etc", false), ("nonsense", false),
            ("", false),
        ])
    func scopes(_ scope: String, _ isHeld: Bool) throws {
        let verifier = try verifier()
        #expect(refusal { try verifier.require(scope, of: draft.claims) } == (isHeld ? nil : .scope))
    }

    @Test("takes a held scope that does not parse for nothing, and one of a configured plane for what it says")
    func heldScopes() throws {
        var claims = draft.claims
        claims.scopes = ["**", "billing:invoice:read:*"]
        let verifier = try verifier()
        #expect(refusal { try verifier.require("relayfile:fs:read:*", of: claims) } == .scope)
        #expect(refusal { try verifier.require("billing:invoice:read:*", of: claims, planes: ["billing"]) } == nil)
        #expect(refusal { try verifier.require("billing:invoice:write:*", of: claims, planes: ["billing"]) } == .scope)
    }
}
