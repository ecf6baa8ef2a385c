import FoundationEssentials
import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("A key set")
struct KeySetTests {
    private let good = Keys.jwk(Keys.first)

    private func document(_ members: String...) -> [UInt8] { Array("{\"keys\":[\(members.joined(separator: ","))]}".utf8) }

    private func json(_ jwk: JWK) throws -> String { text(Array(try JSONEncoder().encode(jwk))) }

    @Test("reads a JWKS and names its keys")
    func reads() throws {
        let set = try KeySet(jwks: document(json(good), json(Keys.jwk(Keys.second))))
        #expect(set.keyIds == [Keys.first.publicKey.thumbprint, Keys.second.publicKey.thumbprint].sorted())
        #expect(set.contains(Keys.first.publicKey.thumbprint))
        #expect(!set.contains("other"))
    }

    @Test("is read over members that it does not know")
    func unknownMembers() throws {
        let extended = try json(good).replacing("{", with: #"{"x5t":"abc","ext":true,"#)
        let set = try KeySet(jwks: Array(text(document(extended)).replacing("{\"keys\"", with: "{\"more\":[1],\"keys\"").utf8))
        #expect(set.keyIds == [good.kid!])
    }

    @Test(
        "passes over keys that are not RS256 signature keys with a kid",
        arguments: [
            #"{"kty":"oct","alg":"HS256","use":"sig","kid":"legacy"}"#, #"{"kty":"oct","k":"AAAA","alg":"HS256","kid":"legacy"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"ed"}"#, #"{"kty":"EC","kid":"ec"}"#,
            #"{"kty":"RSA","kid":"no-numbers"}"#, #"{"kty":"RSA","kid":"odd","n":"!!","e":"AQAB"}"#, #"{"kty":"rsa","kid":"case"}"#,
        ])
    func passesOver(_ other: String) throws {
        #expect(try KeySet(jwks: document(other, json(good), other)).keyIds == [good.kid!])
        #expect(refusal { try KeySet(jwks: document(other)) } == .keySet)
    }

    enum Change: CaseIterable, Sendable {
        case algorithm, use, noKid, emptyKid, operations

        func apply(to jwk: inout JWK) {
            switch self {
            case .algorithm: jwk.alg = "RS512"
            case .use: jwk.use = "enc"
            case .noKid: jwk.kid = nil
            case .emptyKid: jwk.kid = ""
            case .operations: jwk.keyOps = ["encrypt"]
            }
        }
    }

    @Test("passes over an RSA key that is for something else or has no name", arguments: Change.allCases)
    func otherUses(_ change: Change) throws {
        var other = Keys.jwk(Keys.second)
        change.apply(to: &other)
        #expect(try KeySet(jwks: document(json(good), json(other))).keyIds == [good.kid!])
    }

    @Test("takes an RSA key that says nothing of algorithm and use, or that it verifies")
    func plainKey() throws {
        var plain = good
        plain.alg = nil
        plain.use = nil
        #expect(try KeySet(jwks: document(json(plain))).keyIds == [good.kid!])
        plain.keyOps = ["verify"]
        #expect(try KeySet(jwks: document(json(plain))).keyIds == [good.kid!])
    }

    @Test("passes over a key under 2048 bits, and is refused when it is the only one")
    func tooSmall() throws {
        let modulus = [0xC1] + [UInt8](repeating: 0x55, count: 127)
        let small = JWK(kty: "RSA", kid: "small", n: Base64URL.encode(modulus), e: "AQAB")
        #expect(try KeySet(jwks: document(json(small), json(good))).keyIds == [good.kid!])
        #expect(refusal { try KeySet(jwks: document(json(small))) } == .keySet)
    }

    @Test("with two keys of one kid is refused")
    func duplicate() throws {
        let twin = Keys.jwk(Keys.second, kid: good.kid)
        #expect(refusal { try KeySet(jwks: document(json(good), json(twin))) } == .keySet)
        #expect(refusal { try KeySet(jwks: document(json(good), json(good))) } == .keySet)
    }

    @Test(
        "that is empty, no JWKS, or too large is refused",
        arguments: [
            #"{"keys":[]}"#, #"{}"#, #"[]"#, "", "no JSON", #"{"keys":{}}"#, #"{"keys":[1]}"#, #"{"keys":[{}]}"#, #"{"keys":null}"#,
        ])
    func refused(_ document: String) {
        #expect(refusal { try KeySet(jwks: Array(document.utf8)) } == .keySet)
    }

    @Test("is read up to 1 MiB and no further")
    func size() throws {
        let start = try document(json(good))
        let room = (1 << 20) - start.count
        #expect(try KeySet(jwks: start + [UInt8](repeating: 0x20, count: room)).keyIds == [good.kid!])
        #expect(refusal { try KeySet(jwks: start + [UInt8](repeating: 0x20, count: room + 1)) } == .keySet)
    }
}
