import FoundationEssentials
import LatchkeyCrypto
@testable import LatchkeyVerifier
import Testing

@Suite("A trust bundle")
struct TrustBundleTests {
    private let now = GoldenPack.someMoment

    /// A bundle with something in each member.
    private func contents() throws -> BundleContents { try GoldenPack.bundle("legacy").contents }

    private func written(_ contents: BundleContents, by name: String = "a") throws -> [UInt8] {
        let key = try GoldenPack.key(name)
        return try TrustBundle.encode(contents, keyId: key.publicKey.thumbprint) { try key.sign($0) }
    }

    @Test("says after reading what was written")
    func roundTrip() throws {
        var contents = try contents()
        contents.issuer = "https://k\u{e9}ys.example/\"quoted\"\\\u{1}\n\u{2028}"
        contents.sequence = (1 << 53) - 1
        contents.previous = nil
        let file = try written(contents)
        let bundle = try TrustBundle(reading: file)
        #expect(bundle.contents == contents)
        #expect(bundle.issuer == contents.issuer && bundle.sequence == contents.sequence && bundle.install == contents.install)
        #expect(bundle.hash == Base64URL.encode(SHA256.hash(file)))
        #expect(try bundle.keyId == GoldenPack.anchor("a").keyId)
        #expect(try written(bundle.contents) == file)
    }

    @Test("is a JWS whose payload stands there as it was signed")
    func signature() throws {
        let file = try GoldenPack.file("bundles/bundle-7.bundle")
        let parts = try Parts(file)
        let header = try #require(Base64URL.decode(parts.protected))
        let kid = try GoldenPack.anchor("a").keyId
        #expect(text(header) == #"{"alg":"EdDSA","b64":false,"crit":["b64"],"kid":"\#(kid)","typ":"latchkey-bundle+jws"}"#)
        let signature = try #require(Base64URL.decode(parts.signature))
        #expect(try GoldenPack.anchor("a").verify(signature, of: Array("\(parts.protected).\(parts.payload)".utf8)))
        #expect(parts.payload.hasPrefix(#"{"version":1,"install":"#))
    }

    @Test("is refused with a bit of any byte flipped, and cut at any byte, and that by nothing but a refusal")
    func flipsAndCuts() throws {
        let file = try written(small())
        let anchor = try GoldenPack.anchor("a")
        #expect(refusal { try TrustBundle(reading: file).checked(by: anchor, at: now) } == nil)
        for index in file.indices {
            var flipped = file
            flipped[index] ^= 1 << UInt8(index % 8)
            var lowest = file
            lowest[index] ^= 1
            for other in [flipped, lowest] {
                let reason = refusal { try TrustBundle(reading: other).checked(by: anchor, at: now) }
                #expect(reason == .bundle || reason == .anchor, "byte \(index)")
            }
            #expect(refusal { try TrustBundle(reading: Array(file[..<index])) } == .bundle, "cut at \(index)")
        }
    }

    @Test("is refused with a byte more at any place")
    func insertions() throws {
        let file = try written(small())
        let anchor = try GoldenPack.anchor("a")
        for index in 0...file.count {
            for byte in [UInt8(ascii: " "), UInt8(ascii: "0"), UInt8(ascii: "A"), UInt8(ascii: "\"")] {
                var other = file
                other.insert(byte, at: index)
                let reason = refusal { try TrustBundle(reading: other).checked(by: anchor, at: now) }
                #expect(reason == .bundle || reason == .anchor, "\(byte) at \(index)")
            }
        }
    }

    @Test("is not looked at beyond 16 MiB, and not gone down into")
    func endlessData() throws {
        let endless = [UInt8](repeating: UInt8(ascii: "["), count: TrustBundle.greatestSize + 1)
        #expect(refusal { try TrustBundle(reading: endless) } == .bundle)
        #expect(refusal { try TrustBundle(reading: Array(endless.dropLast())) } == .bundle)
        let text = Array(#"{"payload":""#.utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 22)
        #expect(refusal { try TrustBundle(reading: text) } == .bundle)
    }

    @Test("is given out in no form that no reader takes")
    func writing() throws {
        var wrong = try contents()
        wrong.sequence = 0
        #expect(refusal { try written(wrong) } == .bundle)
        wrong = try contents()
        wrong.sequence = 1 << 53
        #expect(refusal { try written(wrong) } == .bundle)
        wrong = try contents()
        wrong.keys[0].kid = "another"
        #expect(refusal { try written(wrong) } == .bundle)
        wrong = try contents()
        wrong.legacy?.kid = "with a space"
        #expect(refusal { try written(wrong) } == .bundle)
        wrong = try contents()
        wrong.anchors = [AnchorSuccession](repeating: try GoldenPack.bundle("by-b").contents.anchors[0], count: 17)
        #expect(refusal { try written(wrong) } == .bundle)
        wrong = try contents()
        wrong.install = ""
        #expect(refusal { try written(wrong) } == .bundle)
    }

    @Test("that would be too large is not even signed, and what is told of its size is right to the byte")
    func tooLarge() throws {
        let key = try GoldenPack.key("a")
        for name in ["bundle-7", "by-c", "legacy", "first"] {
            let bundle = try GoldenPack.bundle(name)
            let size = TrustBundle.size(ofFileWith: bundle.contents.json(), keyId: bundle.keyId)
            #expect(try size == GoldenPack.file("bundles/\(name).bundle").count)
        }
        var contents = try contents()
        let room = try TrustBundle.greatestSize - written(contents).count
        let issuer = contents.issuer
        for (more, isTaken) in [(room, true), (room + 1, false)] {
            contents.issuer = issuer + String(repeating: "x", count: more)
            var signatures = 0
            let file = try? TrustBundle.encode(contents, keyId: key.publicKey.thumbprint) { input in
                signatures += 1
                return try key.sign(input)
            }
            #expect((file?.count == TrustBundle.greatestSize) == isTaken && (signatures == 1) == isTaken, "\(more)")
        }
    }

    @Test("reads no clock of its own and accepts 60 s of skew at both ends")
    func clock() throws {
        let bundle = try GoldenPack.bundle("frozen")
        let anchor = try GoldenPack.anchor("a")
        let moments: [(Timestamp, VerificationError.Reason?)] = [
            (bundle.madeAt.adding(milliseconds: -60_001), .clock), (bundle.madeAt.adding(milliseconds: -60_000), nil),
            (bundle.notAfter.adding(milliseconds: 59_999), nil), (bundle.notAfter.adding(milliseconds: 60_000), .frozen),
            (Timestamp(milliseconds: .min), .clock), (Timestamp(milliseconds: .max), .frozen),
        ]
        let checked = try bundle.checked(by: anchor, at: bundle.madeAt)
        let verifier = TokenVerifier(bundle: checked)
        let token = try GoldenPack.token("good")
        for (moment, reason) in moments {
            #expect(refusal { try bundle.checked(by: anchor, at: moment) } == reason)
            // A verifier that was made in time does not go on for ever.
            #expect(refusal { try verifier.verify(token, at: moment) } == reason)
        }
    }

    @Test("lets no policy stretch the skew beyond 60 s: what was revoked is forgotten soon after")
    func skew() throws {
        let checked = try GoldenPack.bundle("bundle-7").checked(by: GoldenPack.anchor("a"), at: now)
        let end = Timestamp(rfc3339: "2096-01-01T00:00:00Z")!
        let token = try GoldenPack.token("good")
        for (skew, seconds, reason) in [
            (3600, 60, VerificationError.Reason.expired), (3600, 59, nil), (60, 59, nil), (0, 59, .expired), (0, -1, nil),
        ] as [(Int64, Int64, VerificationError.Reason?)] {
            let verifier = TokenVerifier(bundle: checked, policy: TokenPolicy(clockSkew: skew))
            #expect(
                refusal { try verifier.verify(token, at: end.adding(seconds: seconds)) } == reason, "\(skew) s, \(seconds) s after its end")
        }
    }

    @Test("takes a gap in the numbers, whatever the bundle before it was")
    func gap() throws {
        let anchor = try GoldenPack.anchor("a")
        let six = try GoldenPack.bundle("bundle-6").checked(by: anchor, at: now).state
        let eight = try GoldenPack.bundle("bundle-8-fork").checked(by: anchor, state: six, at: now)
        #expect(eight.sequence == 8 && eight.state.sequence == 8)
    }

    @Test("carries no statements but those that lead to the anchor that signed it, also for whoever holds that one")
    func strayStatements() throws {
        var contents = try small()
        contents.anchors = try GoldenPack.bundle("by-b").contents.anchors
        let byThird = try TrustBundle(reading: written(contents, by: "c"))
        #expect(refusal { try byThird.checked(by: GoldenPack.anchor("c"), at: now) } == .anchor)
        let bySecond = try TrustBundle(reading: written(contents, by: "b"))
        #expect(refusal { try bySecond.checked(by: GoldenPack.anchor("b"), at: now) } == nil)
    }

    @Test("names the anchor that signed it, and no other")
    func foreignName() throws {
        let key = try GoldenPack.key("a")
        let file = try TrustBundle.encode(small(), keyId: GoldenPack.anchor("b").keyId) { try key.sign($0) }
        #expect(refusal { try TrustBundle(reading: file).checked(by: GoldenPack.anchor("a"), at: now) } == .anchor)
        #expect(refusal { try TrustBundle(reading: file).checked(by: GoldenPack.anchor("b"), at: now) } == .anchor)
    }

    @Test("is no key for HS256 unless it says so and the secret is given")
    func legacy() throws {
        let anchor = try GoldenPack.anchor("a")
        let secret = Array(try GoldenPack.file("legacy.secret").dropLast())
        let plain = try GoldenPack.bundle("legacy").checked(by: anchor, at: now)
        let token = try GoldenPack.token("legacy")
        #expect(refusal { try TokenVerifier(bundle: plain).verify(token, at: now) } == .unknownKey)
        let both = try plain.accepting(legacySecret: secret, kid: "production-2024")
        #expect(try TokenVerifier(bundle: both).verify(token, at: now).issuer == "https://old.example")
        #expect(refusal { try plain.accepting(legacySecret: secret, kid: "production") } == .keySet)
        #expect(refusal { try plain.accepting(legacySecret: [1, 2, 3], kid: "production-2024") } == .keySet)
        let none = try GoldenPack.bundle("bundle-7").checked(by: anchor, at: now)
        #expect(refusal { try none.accepting(legacySecret: secret, kid: "production-2024") } == .keySet)
    }

    /// With little in it, so that every byte can be tried.
    private func small() throws -> BundleContents {
        var contents = try GoldenPack.bundle("bundle-7").contents
        contents.keys = [Keys.jwk(Keys.first)]
        contents.revokedTokens = IdSet(.tokens, ["tok_01KDVSSSA0000000000000005N"])
        return contents
    }

    /// The three members of a bundle's file.
    private struct Parts: Decodable {
        let payload: String
        let protected: String
        let signature: String

        init(_ file: [UInt8]) throws { self = try JSONDecoder().decode(Parts.self, from: Data(file)) }
    }
}
