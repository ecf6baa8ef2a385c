import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("A trust anchor")
struct TrustAnchorTests {
    @Test("comes back from its file, byte for byte as openssl writes it", arguments: ["a", "b", "c", "x"])
    func file(_ name: String) throws {
        let file = try GoldenPack.file("anchors/\(name).pem")
        let anchor = try TrustAnchor(pem: file)
        #expect(anchor.pem == text(file))
        let key = try GoldenPack.key(name).publicKey
        #expect(anchor == TrustAnchor(key) && anchor.keyId == key.thumbprint)
    }

    @Test("has a fingerprint that openssl dgst -sha256 of its DER begins with")
    func fingerprint() throws {
        let anchor = try GoldenPack.anchor("a")
        let digest = SHA256.hash(anchor.der)
        let digits = anchor.fingerprint.split(separator: " ")
        #expect(digits.count == 10 && digits.allSatisfy { $0.count == 4 })
        let bytes = digits.joined().map { $0.hexDigitValue! }
        #expect(stride(from: 0, to: 40, by: 2).map { UInt8(bytes[$0] << 4 | bytes[$0 + 1]) } == Array(digest.prefix(20)))
        #expect(anchor.fingerprint == anchor.fingerprint.uppercased())
        // openssl pkey -pubin -in fixtures/offline/anchors/a.pem -outform DER | openssl dgst -sha256
        #expect(anchor.fingerprint == "C2CD 71D2 F625 9AAE 7012 EFF2 DAE2 71AE B443 5FFB")
    }

    @Test("is read with other ends of line and white space round it, and with nothing else")
    func strangeFiles() throws {
        let good = text(try GoldenPack.file("anchors/a.pem"))
        let anchor = try GoldenPack.anchor("a")
        for same in ["\n\n" + good, good + "\n \n", good.replacing("\n", with: "\r\n"), String(good.dropLast())] {
            #expect(try TrustAnchor(pem: Array(same.utf8)) == anchor)
        }
        let lines = good.split(separator: "\n").map(String.init)
        let shorter = [lines[0], String(lines[1].dropFirst(4)), lines[2]].joined(separator: "\n")
        let unpadded = good.replacing("=", with: "")
        let others: [String] = [
            "", "no PEM", good + good, good + "x", "x" + good, lines[1], shorter, unpadded, good.replacing("=", with: "=="),
            good.replacing("=", with: "A"), good.replacing("PUBLIC", with: "PRIVATE"), good.replacing("MCow", with: "MCox"),
            good.replacing("-----BEGIN", with: "----BEGIN"), String(repeating: " ", count: 2000) + good,
        ]
        for other in others { #expect(refusal { try TrustAnchor(pem: Array(other.utf8)) } == .anchor, "\(other)") }
        #expect(refusal { try TrustAnchor(pem: [0xFF] + good.utf8) } == .anchor)
        #expect(refusal { try TrustAnchor(pem: try Fixture.bytes("crypto/rsa2048-public.pem")) } == .anchor)
        #expect(refusal { try TrustAnchor(pem: try Fixture.bytes("crypto/ed25519-pkcs8.pem")) } == .anchor)
        #expect(refusal { try TrustAnchor(pem: try Fixture.bytes("crypto/ec-public.pem")) } == .anchor)
    }

    @Test("refuses a file with any bit of it changed, or is another anchor")
    func flips() throws {
        let file = try GoldenPack.file("anchors/a.pem")
        let anchor = try GoldenPack.anchor("a")
        for index in file.indices {
            for bit in 0..<8 {
                var changed = file
                changed[index] ^= 1 << UInt8(bit)
                // Of the lines' ends, those that are still ends of lines are none of its content.
                if let other = try? TrustAnchor(pem: changed), file[index] != UInt8(ascii: "\n") { #expect(other != anchor) }
            }
        }
    }

    @Test("verifies what it signed, and nothing else")
    func signature() throws {
        let key = try GoldenPack.key("a")
        let anchor = try GoldenPack.anchor("a")
        let signature = try key.sign([1, 2, 3])
        #expect(anchor.verify(signature, of: [1, 2, 3]))
        #expect(!anchor.verify(signature, of: [1, 2]) && !anchor.verify([], of: [1, 2, 3]))
        #expect(try !GoldenPack.anchor("b").verify(signature, of: [1, 2, 3]))
    }

    @Test("is taken from a JWK under its own thumbprint alone")
    func jwk() throws {
        let anchor = try GoldenPack.anchor("a")
        var jwk = try GoldenPack.key("a").publicKey.jwk
        #expect(try TrustAnchor(jwk: jwk) == anchor)
        jwk.kid = try GoldenPack.anchor("b").keyId
        #expect(refusal { try TrustAnchor(jwk: jwk) } == .anchor)
        #expect(refusal { try TrustAnchor(jwk: Keys.jwk(Keys.first)) } == .anchor)
    }
}
