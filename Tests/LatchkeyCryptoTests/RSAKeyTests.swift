import LatchkeyCrypto
import Testing

@Suite struct `RSA keys` {
    struct Refusal: Decodable { let name: String, file: String, code: String }

    @Test func `PKCS#1 and PKCS#8 files of one key are the same key`() throws {
        let pkcs1 = try RSAPrivateKey(pem: Fixture.secret("rsa2048-pkcs1.pem"))
        let pkcs8 = try Fixture.rsa2048()
        #expect(pkcs1.publicKey == pkcs8.publicKey)
        #expect(pkcs1.bits == 2048)
        #expect(try pkcs1.sign([1]) == pkcs8.sign([1]))
        #expect(try pkcs1.pkcs8().equals(pkcs8.pkcs8()))
    }

    @Test(arguments: Fixture.cases("private-key-refusals.json") as [Refusal]) func `A private key is refused`(_ row: Refusal) throws {
        let pem = try Fixture.secret(row.file)
        #expect(refusal { try RSAPrivateKey(pem: pem) }?.rawValue == row.code, "\(row.name)")
    }

    @Test(arguments: [
        "x{}", "x\n{}", "{}x", "{}\nx", "{}{}", "{}\u{0}", "", " ", "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAA*A\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
    ]) func `A PEM text that is not one block alone is refused`(_ template: String) throws {
        let good = try Fixture.text("rsa2048-pkcs8.pem")
        let text = template.split(separator: "{}", omittingEmptySubsequences: false).joined(separator: good)
        #expect(refusal { try RSAPrivateKey(pem: Secret(copying: Array(text.utf8))) } == .malformedKey)
        let publicText = try template.split(separator: "{}", omittingEmptySubsequences: false)
            .joined(separator: Fixture.text("rsa2048-public.pem"))
        #expect(refusal { try RSAPublicKey(pem: Array(publicText.utf8)) } == .malformedKey)
    }

    @Test func `A PEM text may have white space and other line ends round it`() throws {
        let good = try Fixture.text("rsa2048-pkcs8.pem")
        let text = "\r\n \(good.split(separator: "\n").joined(separator: "\r\n"))\r\n\t\n"
        #expect(try RSAPrivateKey(pem: Secret(copying: Array(text.utf8))).publicKey == Fixture.rsa2048().publicKey)
    }

    @Test func `A PEM text of more than 64 KiB is refused`() throws {
        let text = try Fixture.bytes("rsa2048-pkcs8.pem") + [UInt8](repeating: 0x20, count: 64 * 1024)
        #expect(refusal { try RSAPrivateKey(pem: Secret(copying: text)) } == .malformedKey)
    }

    @Test func `PKCS#8 goes out and in again`() throws {
        let key = try Fixture.rsa2048()
        let der = try key.pkcs8()
        for validation in [RSAPrivateKey.Validation.full, .pairwise] {
            let again = try RSAPrivateKey(pkcs8: der, validation: validation)
            #expect(again.publicKey == key.publicKey)
            #expect(try again.sign([1, 2]) == key.sign([1, 2]))
        }
    }

    @Test func `Damaged PKCS#8 is refused`() throws {
        let der = try Fixture.rsa2048().pkcs8().copy
        #expect(refusal { try RSAPrivateKey(pkcs8: Secret(copying: der + [0])) } == .malformedKey)
        #expect(refusal { try RSAPrivateKey(pkcs8: Secret(copying: [])) } == .malformedKey)
        for count in stride(from: 0, to: der.count, by: 97) {
            #expect(refusal { try RSAPrivateKey(pkcs8: Secret(copying: Array(der.prefix(count)))) } == .malformedKey)
        }
        // The last bytes are the CRT coefficient: a key that still parses, and signs wrongly.
        var changed = der
        changed[der.count - 1] ^= 2
        #expect(refusal { try RSAPrivateKey(pkcs8: Secret(copying: changed)) } == .inconsistentKey)
    }

    @Test func `The quick check also refuses halves that don't belong together`() throws {
        let der = try Fixture.rsa2048().pkcs8().copy
        // Within the modulus, which begins after 26 bytes of PKCS#8 and 11 of PKCS#1.
        var changed = der
        changed[der.startIndex + 60] ^= 1
        #expect(refusal { try RSAPrivateKey(pkcs8: Secret(copying: changed), validation: .pairwise) } == .inconsistentKey)
    }

    @Test func `A public key comes from its numbers or its PEM, the same`() throws {
        let key = try RSAPublicKey(pem: Fixture.bytes("rsa2048-public.pem"))
        #expect(try key == Fixture.rsa2048().publicKey)
        #expect(try key.pem() == Fixture.text("rsa2048-public.pem"))
        let padded = try RSAPublicKey(modulus: [0, 0] + key.modulus, exponent: [0] + key.exponent)
        #expect(padded == key)
        #expect(padded.thumbprint == key.thumbprint)
        #expect(key.bits == 2048 && key.modulus.count == 256 && key.exponent == [1, 0, 1])
    }

    @Test func `A public key of another kind or with more behind it is refused`() throws {
        let refusals: [(String, CryptoError.Code)] = [
            ("ec-public.pem", .unsupportedKey), ("rsa1024-public.pem", .unsupportedKey), ("rsa2048-public-trailing-der.pem", .malformedKey),
            ("rsa2048-pkcs8.pem", .malformedKey), ("certificate.pem", .malformedKey),
        ]
        for (file, code) in refusals {
            let pem = try Fixture.bytes(file)
            #expect(refusal { try RSAPublicKey(pem: pem) } == code, "\(file)")
        }
    }

    @Test func `Sizes and exponents out of bounds are refused`() throws {
        let good = try RSAPublicKey(pem: Fixture.bytes("rsa2048-public.pem"))
        func code(_ modulus: [UInt8], _ exponent: [UInt8]) -> CryptoError.Code? {
            refusal { try RSAPublicKey(modulus: modulus, exponent: exponent) }
        }
        for exponent: [UInt8] in [[], [0], [1], [2], [1, 0, 0], [0, 1], [1] + [UInt8](repeating: 1, count: 8)] {
            #expect(code(good.modulus, exponent) == .unsupportedKey)
        }
        #expect(code(good.modulus, [3]) == nil)
        #expect(code(good.modulus, [UInt8](repeating: 0xFF, count: 8)) == nil)
        #expect(code(good.modulus.dropLast() + [good.modulus.last! & 0xFE], [1, 0, 1]) == .unsupportedKey)
        #expect(code([], [3]) == .unsupportedKey)
        #expect(code([0x7F] + good.modulus.dropFirst(), [3]) == .unsupportedKey)
        #expect(code([UInt8](repeating: 0xFF, count: 1024), [3]) == nil)
        #expect(code([1] + [UInt8](repeating: 0xFF, count: 1024), [3]) == .unsupportedKey)
    }

    @Test func `A generated key has the size asked for, and is new`() throws {
        let key = try RSAPrivateKey.generate(bits: 2048)
        #expect(key.bits == 2048)
        #expect(key.publicKey.exponent == [1, 0, 1])
        #expect(try key.publicKey != Fixture.rsa2048().publicKey)
        #expect(try key.publicKey.verify(key.sign([1]), of: [1]))
        #expect(try RSAPrivateKey(pkcs8: key.pkcs8()).publicKey == key.publicKey)
    }

    @Test(arguments: [0, -1, 512, 1024, 2047, 2049, 8192]) func `No key of another size is made`(_ bits: Int) {
        #expect(refusal { try RSAPrivateKey.generate(bits: bits) } == .invalidArgument)
    }
}
