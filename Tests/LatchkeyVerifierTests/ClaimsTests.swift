import FoundationEssentials
import LatchkeyVerifier
import Testing

@Suite("Claims")
struct ClaimsTests {
    private let sample =
        #"{"sub":"agent_1","org":"org_1","wks":"wks_1","scopes":["relayfile:fs:read:/docs/*","relayauth:token:create:*"],"sponsorId":"user_1","#
        + #""sponsorChain":["user_1","agent_1"],"token_type":"access","iss":"https://keys.example","aud":["relayauth","relayfile"],"#
        + #""exp":1772370000,"iat":1772366400,"jti":"tok_1","sid":"sess_1"}"#

    @Test("are written in one fixed order")
    func order() {
        #expect(text(TokenDraft().claims.json()) == sample)
        #expect(TokenDraft().claims.json() == TokenDraft().claims.json())
    }

    @Test("have their optional members only when they are set, in their places")
    func optionalMembers() {
        var claims = TokenDraft().claims
        claims.notBefore = 1_772_366_401
        claims.parentTokenId = "tok_0"
        claims.meta = ["b": "2", "a": "\""]
        #expect(
            text(claims.json()).hasSuffix(
                #""iat":1772366400,"nbf":1772366401,"jti":"tok_1","sid":"sess_1","parentTokenId":"tok_0","meta":{"a":"\"","b":"2"}}"#))
    }

    @Test("read back as they were written")
    func roundTrip() throws {
        var claims = TokenDraft().claims
        claims.notBefore = 5
        claims.parentTokenId = "tok_0"
        claims.meta = ["name": "ü\n"]
        claims.scopes = []
        #expect(try JSONDecoder().decode(Claims.self, from: Data(claims.json())) == claims)
    }

    @Test(
        "are not there when a member is missing or of another type",
        arguments: [
            "sub", "org", "wks", "scopes", "sponsorId", "sponsorChain", "token_type", "iss", "aud", "exp", "iat", "jti", "sid",
        ])
    func members(_ name: String) throws {
        let absent = sample.replacing("\"\(name)\":", with: "\"x\(name)\":")
        let wrong = sample.replacing("\"\(name)\":", with: "\"\(name)\":{},\"x\":")
        for json in [absent, wrong] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Claims.self, from: Data(json.utf8)) }
        }
    }

    @Test(
        "cut the fraction of a date",
        arguments: [("1772370000.9", 1_772_370_000), ("1.77237e9", 1_772_370_000), ("0", 0)] as [(String, Int64)])
    func fraction(_ number: String, _ seconds: Int64) throws {
        let json = sample.replacing("1772370000", with: number)
        #expect(try JSONDecoder().decode(Claims.self, from: Data(json.utf8)).expiresAt == seconds)
    }

    @Test("refuse what is no date of this era", arguments: ["-1", "1e15", "1e300", "100000000000", "\"1772370000\"", "null", "true"])
    func dates(_ value: String) {
        for name in ["exp", "iat"] {
            let json = sample.replacing(name == "exp" ? "1772370000" : "1772366400", with: value)
            #expect(throws: (any Error).self) { try JSONDecoder().decode(Claims.self, from: Data(json.utf8)) }
        }
        let early = sample.replacing("\"jti\"", with: "\"nbf\":\(value),\"jti\"")
        #expect(throws: (any Error).self) { try JSONDecoder().decode(Claims.self, from: Data(early.utf8)) }
    }
}
