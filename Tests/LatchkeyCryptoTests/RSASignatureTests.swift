import LatchkeyCrypto
import Testing

@Suite struct `RS256 signatures` {
    struct Vector: Decodable { let jwk: JWK, header: String, payload: String, token: String }

    @Test func `RFC 7515 A.2 is signed to the letter, and verifies`() throws {
        let vector = try Fixture.json("rfc7515-a2.json", as: Vector.self)
        let key = try RSAPrivateKey(pem: Fixture.secret("rfc7515-a2.pem"))
        let input = CompactJWS.signingInput(header: Array(vector.header.utf8), payload: Array(vector.payload.utf8))
        #expect(try CompactJWS.assemble(signingInput: input, signature: key.sign(input)) == vector.token)
        #expect(try CompactJWS.assemble(signingInput: input, signature: key.makeSigner().sign(input)) == vector.token)

        let token = try CompactJWS(parsing: vector.token)
        let verifier = try RSAPublicKey(jwk: vector.jwk)
        #expect(verifier == key.publicKey)
        #expect(verifier.verify(token.signature, of: token.signingInput))
        let spansVerify = verifier.verify(token.signature.span, of: token.signingInput.span)
        #expect(spansVerify)
    }

    @Test func `A changed signature, a changed message and another key are refused`() throws {
        let key = try Fixture.rsa2048()
        let message = Array("message".utf8)
        let signature = try key.sign(message)
        #expect(key.publicKey.verify(signature, of: message))
        for index in stride(from: 0, to: signature.count, by: 5) {
            var changed = signature
            changed[index] ^= 1
            #expect(!key.publicKey.verify(changed, of: message))
        }
        #expect(!key.publicKey.verify(signature, of: message + [0]))
        #expect(!key.publicKey.verify(signature, of: []))
        #expect(try !RSAPrivateKey(pem: Fixture.secret("rfc7515-a2.pem")).publicKey.verify(signature, of: message))
        #expect(key.publicKey.verify(signature, of: message))
    }

    @Test func `A signature of another length is refused, also when its number is the same`() throws {
        let key = try Fixture.rsa2048()
        let signature = try key.sign([1])
        for changed: [UInt8] in [[], [0], signature.dropLast(), [0] + signature, signature + [0], [UInt8](repeating: 0xFF, count: 256)] {
            #expect(!key.publicKey.verify(changed, of: [1]))
        }
        // A signature that begins with a zero byte, as one in 256 does, must keep it.
        for number in 0..<4096 {
            let message = withUnsafeBytes(of: number) { Array($0) }
            let signature = try key.sign(message)
            guard signature[0] == 0 else { continue }
            #expect(key.publicKey.verify(signature, of: message))
            #expect(!key.publicKey.verify(Array(signature.dropFirst()), of: message))
            return
        }
        Issue.record("no signature began with a zero byte")
    }

    @Test(arguments: ["rsa2048-pkcs8.pem", "rsa3072-pkcs8.pem"]) func `Threads sign and verify at once, with one key`(_ file: String)
        async throws
    {
        let key = try RSAPrivateKey(pem: Fixture.secret(file))
        let expected = try (0..<8).map { try key.sign([UInt8($0)]) }
        await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    guard let signer = try? key.makeSigner() else { return false }
                    return (0..<20).allSatisfy { round in
                        let message = [UInt8((worker + round) % 8)]
                        let wanted = expected[(worker + round) % 8]
                        return (try? signer.sign(message)) == wanted && (try? key.sign(message)) == wanted
                            && key.publicKey.verify(wanted, of: message) && !key.publicKey.verify(wanted, of: [9])
                    }
                }
            }
            for await good in group { #expect(good) }
        }
    }

    @Test func `A signer outlives the key it was made from`() throws {
        var key: RSAPrivateKey? = try Fixture.rsa2048()
        let verifier = key!.publicKey
        let signer = try key!.makeSigner()
        key = nil
        #expect(try verifier.verify(signer.sign([1]), of: [1]))
    }
}
