import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("The claims of a legacy token")
struct LegacyClaimsTests {
    private let least =
        #"{"sub":"agent_old","org":"org_1","scopes":["relayfile:fs:read:*"],"token_type":"access","iss":"https://old.example","#
        + #""aud":["relayfile"],"exp":1772370000}"#

    private func read(_ json: String) throws -> VerifiedToken {
        var draft = TokenDraft.legacy
        draft.payload = Array(json.utf8)
        return try Legacy.set(Keys.first).verifySignature(of: draft.coded())
    }

    @Test("may lack what old issuers left out, which then proves nothing")
    func absent() throws {
        let claims = try read(least).claims
        #expect(claims.workspace == "org_1")
        #expect(claims.sponsorId == "")
        #expect(claims.sponsorChain == [])
        #expect(claims.tokenId == "")
        #expect(claims.sessionId == "")
        #expect(claims.issuedAt == 0)
        #expect(claims.notBefore == nil)
        #expect(claims.expiresAt == 1_772_370_000)
        #expect(try Legacy.verifier().verify(TokenDraft.legacy.coded { $0.payload = Array(least.utf8) }, at: TokenDraft.now) == claims)
    }

    @Test("may hold null where they may hold nothing", arguments: ["wks", "sponsorId", "sponsorChain", "jti", "sid", "iat", "nbf", "meta"])
    func null(_ name: String) throws {
        #expect(try read(least.replacing("\"sub\"", with: "\"\(name)\":null,\"sub\"")).claims == read(least).claims)
    }

    @Test("are read as they stand when all are there")
    func all() throws {
        var draft = TokenDraft.legacy
        draft.claims.meta = ["a": "b"]
        draft.claims.notBefore = TokenDraft.now.seconds
        draft.claims.parentTokenId = "tok_0"
        #expect(try Legacy.set().verifySignature(of: draft.coded()).claims == draft.claims)
    }

    @Test("may name one audience as a string")
    func audience() throws {
        #expect(try read(least.replacing("[\"relayfile\"]", with: "\"relayfile\"")).claims.audience == ["relayfile"])
        #expect(refusal { try read(least.replacing("[\"relayfile\"]", with: "1")) } == .malformed)
        #expect(refusal { try read(least.replacing("[\"relayfile\"]", with: "[1]")) } == .malformed)
    }

    @Test(
        "are not there when a member that decides is missing or of another type",
        arguments: ["sub", "org", "token_type", "iss", "aud", "exp"])
    func needed(_ name: String) {
        #expect(refusal { try read(least.replacing("\"\(name)\":", with: "\"x\(name)\":")) } == .malformed)
        #expect(refusal { try read(least.replacing("\"\(name)\":", with: "\"\(name)\":{},\"x\":")) } == .malformed)
    }

    @Test(
        "are not there when one that may be missing is of another type",
        arguments: ["wks", "sponsorId", "sponsorChain", "jti", "sid", "iat", "nbf"])
    func wrong(_ name: String) {
        #expect(refusal { try read(least.replacing("\"sub\"", with: "\"\(name)\":{},\"sub\"")) } == .malformed)
    }

    @Test("say whether scopes were named, and hold none when they were not")
    func scopes() throws {
        #expect(try read(least).legacy?.namesScopes == true)
        let bare = try read(least.replacing("\"scopes\"", with: "\"scope\""))
        #expect(bare.legacy?.namesScopes == false)
        #expect(bare.claims.scopes == [])
        #expect(try read(least.replacing("[\"relayfile:fs:read:*\"]", with: "[]")).legacy?.namesScopes == true)
    }

    @Test(
        "name a subject of 1 to 128 visible ASCII characters",
        arguments: [("", false), ("a b", false), ("a\u{e9}", false), ("ok", true)])
    func subject(_ subject: String, _ isGood: Bool) {
        #expect(refusal { try read(least.replacing("agent_old", with: subject)) } == (isGood ? nil : .malformed))
    }

    @Test("name a subject that is bounded", arguments: [(128, true), (129, false)])
    func subjectLength(_ count: Int, _ isGood: Bool) {
        let subject = String(repeating: "a", count: count)
        #expect(refusal { try read(least.replacing("agent_old", with: subject)) } == (isGood ? nil : .malformed))
    }

    @Test("are asked for in full where an RSA key signed")
    func strict() throws {
        let token = try TokenDraft().signed { $0.payload = Array(least.utf8) }
        #expect(refusal { try Legacy.set(Keys.first).verifySignature(of: token) } == .malformed)
    }

    @Test("are not there when two parsers could read them in two ways")
    func ambiguous() throws {
        let tail = String(least.dropFirst())
        for payload in [
            "{\"exp\":1,\(tail)", "{\"token_type\":\"refresh\",\(tail)", "\u{feff}\(least)", least + " {}",
            "{\"meta\":{\"a\":\"1\",\"a\":\"2\"},\(tail)",
        ] { #expect(refusal { try read(payload) } == .malformed) }
        var draft = TokenDraft.legacy
        draft.payload = least.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(refusal { try Legacy.set().verifySignature(of: draft.coded()) } == .malformed)
        draft.payload = [0xFF, 0xFE] + draft.payload!
        #expect(refusal { try Legacy.set().verifySignature(of: draft.coded()) } == .malformed)
        #expect(refusal { try read(" \n\(least)\n ") } == nil)
    }

    @Test("name nobody who is not an identity", arguments: ["api_key:ak_1", "admin-socket:uid=0"])
    func reserved(_ subject: String) {
        #expect(refusal { try read(least.replacing("agent_old", with: subject)) } == .malformed)
    }
}
