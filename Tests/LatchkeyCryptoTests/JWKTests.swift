import FoundationEssentials
import LatchkeyCrypto
import Testing

@Suite struct `JSON Web Keys` {
    struct Vector: Decodable { let jwk: JWK, thumbprint: String }

    @Test func `RFC 7638 section 3.1 gives its thumbprint`() throws {
        let vector = try Fixture.json("rfc7638-3.1.json", as: Vector.self)
        #expect(try vector.jwk.thumbprint() == vector.thumbprint)
        #expect(try RSAPublicKey(jwk: vector.jwk).thumbprint == vector.thumbprint)
    }

    @Test func `Members that don't count don't change a thumbprint`() throws {
        let vector = try Fixture.json("rfc7638-3.1.json", as: Vector.self)
        var jwk = vector.jwk
        (jwk.kid, jwk.alg, jwk.use, jwk.crv, jwk.x, jwk.keyOps) = ("other", nil, "sig", "P-256", "AA", ["verify"])
        #expect(try jwk.thumbprint() == vector.thumbprint)
        jwk.e = "Aw"
        #expect(try jwk.thumbprint() != vector.thumbprint)
    }

    @Test func `A key without what its thumbprint is made of has none`() {
        for jwk in [
            JWK(kty: "RSA", n: "AQAB"), JWK(kty: "RSA", e: "AQAB"), JWK(kty: "RSA", n: "\",\"", e: "AQAB"),
            JWK(kty: "RSA", n: "", e: "AQAB"),
            JWK(kty: "OKP", crv: "Ed25519"), JWK(kty: "OKP", x: "AA"), JWK(kty: "OKP", crv: "\"", x: "AA"),
            JWK(kty: "OKP", crv: "", x: "AA"),
            JWK(kty: "OKP", crv: "Ed25519", x: "A="),
        ] {
            #expect(refusal { try jwk.thumbprint() } == .malformedKey)
        }
        #expect(refusal { try JWK(kty: "oct").thumbprint() } == .unsupportedKey)
        #expect(refusal { try JWK(kty: "rsa", n: "AQAB", e: "AQAB").thumbprint() } == .unsupportedKey)
    }

    @Test func `A published RSA key names its use, and is read back`() throws {
        let key = try Fixture.rsa2048().publicKey
        let jwk = key.jwk
        #expect(jwk.kty == "RSA" && jwk.alg == "RS256" && jwk.use == "sig" && jwk.kid == key.thumbprint && jwk.keyOps == nil)
        #expect(try jwk.thumbprint() == key.thumbprint)
        #expect(key.thumbprint.utf8.count == 43)
        let data = try JSONEncoder().encode(JWKSet(keys: [jwk]))
        let again = try JSONDecoder().decode(JWKSet.self, from: data)
        #expect(again == JWKSet(keys: [jwk]))
        #expect(try RSAPublicKey(jwk: again.keys[0]) == key)
        let members = try JSONDecoder().decode([String: String].self, from: JSONEncoder().encode(jwk))
        #expect(Set(members.keys) == ["kty", "n", "e", "alg", "use", "kid"])
    }

    @Test func `A published Ed25519 key names its use, and is read back`() throws {
        let key = try Ed25519PrivateKey.generate().publicKey
        let jwk = key.jwk
        #expect(jwk.kty == "OKP" && jwk.crv == "Ed25519" && jwk.alg == "EdDSA" && jwk.use == "sig" && jwk.kid == key.thumbprint)
        #expect(try Ed25519PublicKey(jwk: jwk) == key)
        let members = try JSONDecoder().decode([String: String].self, from: JSONEncoder().encode(jwk))
        #expect(Set(members.keys) == ["kty", "crv", "x", "alg", "use", "kid"])
    }

    @Test func `Private members are neither kept nor given out`() throws {
        let text =
            #"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQ","p":"AQ","q":"AQ","dp":"AQ","dq":"AQ","qi":"AQ","oth":[],"k":"AQ","key_ops":["verify"]}"#
        let jwk = try JSONDecoder().decode(JWK.self, from: Data(text.utf8))
        #expect(jwk == JWK(kty: "RSA", n: "AQAB", e: "AQAB", keyOps: ["verify"]))
        let data = try JSONEncoder().encode(jwk)
        struct Anything: Decodable { init(from decoder: any Decoder) {} }
        let members = try JSONDecoder().decode([String: Anything].self, from: data)
        #expect(Set(members.keys) == ["kty", "n", "e", "key_ops"])
    }

    @Test func `A key that is meant for something else is refused`() throws {
        let rsa = try Fixture.rsa2048().publicKey.jwk
        let okp = try Ed25519PrivateKey.generate().publicKey.jwk
        func changed(_ jwk: JWK, _ change: (inout JWK) -> Void) -> JWK {
            var jwk = jwk
            change(&jwk)
            return jwk
        }
        let changes: [(inout JWK) -> Void] = [
            { $0.kty = "oct" }, { $0.alg = "HS256" }, { $0.alg = "none" }, { $0.use = "enc" }, { $0.keyOps = ["sign"] }, { $0.keyOps = [] },
        ]
        for change in changes {
            #expect(refusal { try RSAPublicKey(jwk: changed(rsa, change)) } == .unsupportedKey)
            #expect(refusal { try Ed25519PublicKey(jwk: changed(okp, change)) } == .unsupportedKey)
        }
        #expect(refusal { try RSAPublicKey(jwk: okp) } == .unsupportedKey)
        #expect(refusal { try Ed25519PublicKey(jwk: rsa) } == .unsupportedKey)
        #expect(refusal { try Ed25519PublicKey(jwk: changed(okp) { $0.crv = "X25519" }) } == .unsupportedKey)
        #expect(refusal { try Ed25519PublicKey(jwk: changed(okp) { $0.crv = nil }) } == .unsupportedKey)
        #expect(refusal { try Ed25519PublicKey(jwk: changed(okp) { $0.x = "AA" }) } == .malformedKey)
        #expect(refusal { try Ed25519PublicKey(jwk: changed(okp) { $0.x = nil }) } == .malformedKey)
        for change: (inout JWK) -> Void in [
            { $0.n = nil }, { $0.e = nil }, { $0.n = "=" }, { $0.n = "" }, { $0.e = "AAEAAQ" }, { $0.n = "AAAA" + $0.n! },
        ] {
            #expect(refusal { try RSAPublicKey(jwk: changed(rsa, change)) } == .malformedKey)
        }
        #expect(try RSAPublicKey(jwk: changed(rsa) { ($0.alg, $0.use, $0.keyOps) = (nil, nil, ["verify"]) }).thumbprint == rsa.kid)
    }
}
