import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("A legacy key")
struct LegacyKeyTests {
    private func made(kid: String = Legacy.kid, secret: [UInt8] = Legacy.secret, issuer: String = Legacy.issuer) throws -> LegacyKey {
        try LegacyKey(kid: kid, secret: Secret(copying: secret), issuer: issuer)
    }

    @Test("signs what the key set then takes, and as any HS256 implementation does")
    func signs() throws {
        let draft = TokenDraft.legacy
        let token = Legacy.key.sign(draft.input)
        #expect(token == draft.coded())
        let verified = try Legacy.set(Keys.first).verifySignature(of: token)
        #expect(verified.claims == draft.claims)
        #expect(verified.payload == draft.claims.json())
        #expect(verified.keyId == Legacy.kid)
        #expect(verified.legacy?.issuer == Legacy.issuer)
    }

    @Test("verifies the example of RFC 7515 appendix A.1")
    func example() throws {
        let secret = try #require(
            Base64URL.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
        let input = Array(
            ("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
                + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ").utf8)
        #expect(try made(secret: secret).sign(input).hasSuffix(".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
    }

    @Test("has a secret of 16 to 1,024 bytes", arguments: [(0, false), (15, false), (16, true), (1024, true), (1025, false)])
    func size(_ count: Int, _ isGood: Bool) {
        #expect(refusal { try made(secret: [UInt8](repeating: 0x61, count: count)) } == (isGood ? nil : .keySet))
    }

    @Test("is not made of a PEM")
    func pem() throws {
        for pem in [try Keys.first.publicKey.pem(), "-----BEGIN PRIVATE KEY-----\nMIIE\n", "-----BEGIN anything"] {
            #expect(refusal { try made(secret: Array(pem.utf8)) } == .keySet)
        }
        for before in ["\n", " ", "\u{feff}", "words before it\r\n"] {
            #expect(refusal { try made(secret: Array("\(before)-----BEGIN PUBLIC KEY-----".utf8)) } == .keySet)
        }
        #expect(refusal { try made(secret: Array("sixteen bytes-----BEGIN".utf8)) } == .keySet)
        #expect(refusal { try made(secret: Array("sixteen bytes-----BEGI".utf8)) } == nil)
    }

    @Test("has a kid and an issuer of visible ASCII", arguments: ["", " ", "a b", "a\n", "a\u{7f}", "ü", "\u{212a}"])
    func names(_ name: String) {
        #expect(refusal { try made(kid: name) } == .keySet)
        #expect(refusal { try made(issuer: name) } == .keySet)
    }

    @Test("has a kid of at most 128 characters and an issuer of at most 256")
    func lengths() {
        let kid = String(repeating: "k", count: 128)
        let issuer = String(repeating: "i", count: 256)
        #expect(refusal { try made(kid: kid, issuer: issuer) } == nil)
        #expect(refusal { try made(kid: kid + "k") } == .keySet)
        #expect(refusal { try made(issuer: issuer + "i") } == .keySet)
    }

    @Test("does not share its kid with an RSA key")
    func sharedKid() throws {
        let twin = try made(kid: Keys.first.publicKey.thumbprint)
        #expect(refusal { try Legacy.set(Keys.first, legacy: twin) } == .keySet)
        #expect(refusal { try Legacy.set(Keys.second, legacy: twin) } == nil)
    }

    @Test("is told of nowhere: not by the set, not by a description, not by a dump")
    func silence() throws {
        let set = try Legacy.set(Keys.first)
        #expect(set.keyIds == [Keys.first.publicKey.thumbprint])
        #expect(!set.contains(Legacy.kid))
        var dumped = ""
        dump(Legacy.key, to: &dumped)
        dump(set, to: &dumped)
        dumped += "\(Legacy.key) \(String(reflecting: set))"
        #expect(!dumped.contains(text(Legacy.secret)))
        #expect(!dumped.contains(Legacy.issuer))
        #expect(refusal { try made(secret: Array("short secret".utf8)) } == .keySet)
        #expect(LegacyKey.problem(of: Secret(copying: Array("short secret".utf8)))?.contains("short") == false)
    }
}
