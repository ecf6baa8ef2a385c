import LatchkeyCrypto
import Testing

@Suite struct `Ed25519` {
    struct Vector: Decodable { let seed: String, jwk: JWK, thumbprint: String, header: String, payload: String, token: String }

    static func vector() throws -> (Vector, Ed25519PrivateKey) {
        let vector = try Fixture.json("rfc8037-a.json", as: Vector.self)
        return (vector, try Ed25519PrivateKey(seed: Secret(copying: #require(Base64URL.decode(vector.seed)))))
    }

    @Test func `RFC 8037 A.1 to A.4 hold`() throws {
        let (vector, key) = try Self.vector()
        #expect(Base64URL.encode(key.publicKey.raw) == vector.jwk.x)
        #expect(key.publicKey.thumbprint == vector.thumbprint)
        let input = CompactJWS.signingInput(header: Array(vector.header.utf8), payload: Array(vector.payload.utf8))
        #expect(try CompactJWS.assemble(signingInput: input, signature: key.sign(input)) == vector.token)
        let token = try CompactJWS(parsing: vector.token)
        #expect(try Ed25519PublicKey(jwk: vector.jwk).verify(token.signature, of: token.signingInput))
        #expect(Base64URL.encode(key.seed) == vector.seed)
    }

    @Test func `A changed signature, a changed message and another key are refused`() throws {
        let (_, key) = try Self.vector()
        let signature = try key.sign([1, 2, 3])
        #expect(key.publicKey.verify(signature, of: [1, 2, 3]))
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!key.publicKey.verify(changed, of: [1, 2, 3]))
        }
        for changed in [[], signature.dropLast(), signature + [0]] { #expect(!key.publicKey.verify(changed, of: [1, 2, 3])) }
        #expect(!key.publicKey.verify(signature, of: [1, 2]))
        #expect(try !Ed25519PrivateKey.generate().publicKey.verify(signature, of: [1, 2, 3]))
    }

    @Test func `A generated key signs, is new, and comes back from its seed`() throws {
        let key = try Ed25519PrivateKey.generate()
        #expect(try key.publicKey != Ed25519PrivateKey.generate().publicKey)
        #expect(try Ed25519PrivateKey(seed: key.seed).publicKey == key.publicKey)
        #expect(try key.publicKey.verify(key.sign([]), of: []))
    }

    @Test(arguments: [0, 31, 33, 64]) func `Keys of another length are refused`(_ count: Int) {
        #expect(refusal { try Ed25519PrivateKey(seed: Secret(copying: [UInt8](repeating: 1, count: count))) } == .malformedKey)
        #expect(refusal { try Ed25519PublicKey(raw: [UInt8](repeating: 1, count: count)) } == .malformedKey)
    }
}
