import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("The succession of an anchor")
struct AnchorSuccessionTests {
    private func statement(from: String = "a", to: String = "b", number: Int64 = 1, signedBy signer: String? = nil) throws
        -> AnchorSuccession
    {
        let key = try GoldenPack.key(signer ?? from)
        return try AnchorSuccession.make(
            install: "inst_1", from: GoldenPack.anchor(from), to: GoldenPack.anchor(to), number: number, madeAt: TokenDraft.now
        ) { try key.sign($0) }
    }

    @Test("leads from the anchor that signed it to the one that it names")
    func leads() throws {
        let made = try statement()
        let read = try AnchorSuccession(reading: made.text)
        #expect(read == made)
        #expect(read.install == "inst_1" && read.number == 1 && read.madeAt == TokenDraft.now)
        #expect(try read.from == GoldenPack.anchor("a").keyId)
        #expect(try read.next(after: GoldenPack.anchor("a")) == GoldenPack.anchor("b"))
    }

    @Test("leads nowhere from another anchor, and not by another's signature")
    func foreign() throws {
        let made = try statement()
        for name in ["b", "x"] {
            let other = try GoldenPack.anchor(name)
            #expect(refusal { try made.next(after: other) } == .anchor)
        }
        let forged = try statement(signedBy: "x")
        let first = try GoldenPack.anchor("a")
        #expect(refusal { try forged.next(after: first) } == .anchor)
        // Whoever signs in another's name speaks for nobody.
        let signer = try GoldenPack.anchor("x")
        #expect(refusal { try forged.next(after: signer) } == .anchor)
    }

    @Test("is the one in the pack, which was made in another language")
    func pack() throws {
        let chain = try GoldenPack.bundle("by-c").contents.anchors
        #expect(chain.map(\.number) == [1, 2])
        var anchor = try GoldenPack.anchor("a")
        for statement in chain { anchor = try statement.next(after: anchor) }
        #expect(try anchor == GoldenPack.anchor("c"))
    }

    @Test("is refused with any character changed, or cut anywhere")
    func flips() throws {
        let text = Array(try statement().text.utf8)
        let first = try GoldenPack.anchor("a")
        for index in text.indices {
            var changed = text
            changed[index] ^= 1
            let flipped = String(decoding: changed, as: UTF8.self)
            let cut = String(decoding: text[..<index], as: UTF8.self)
            for other in [flipped, cut] {
                #expect(refusal { try AnchorSuccession(reading: other).next(after: first) } == .anchor)
            }
        }
    }

    @Test("is refused in another form than its own", arguments: [0, -1, 1 << 32])
    func form(_ number: Int64) throws {
        #expect(throws: VerificationError.self) { try statement(number: number) }
        let signed = try statement().text.split(separator: ".").map(String.init)
        let header = text(try #require(Base64URL.decode(signed[0])))
        let payload = text(try #require(Base64URL.decode(signed[1])))
        let key = try GoldenPack.key("a")
        let kid = key.publicKey.thumbprint
        let others: [(header: String, payload: String)] = [
            (#"{"alg":"EdDSA","kid":"\#(kid)"}"#, payload),
            (#"{"alg":"EdDSA","kid":"\#(kid)","typ":"latchkey-bundle+jws"}"#, payload),
            (header, payload.replacing(#""number":1"#, with: #""number":1,"more":1"#)),
            (header, payload.replacing(#""number":1"#, with: #""number": 1"#)),
        ]
        for (header, payload) in others {
            let input = CompactJWS.signingInput(header: Array(header.utf8), payload: Array(payload.utf8))
            let other = CompactJWS.assemble(signingInput: input, signature: try key.sign(input))
            #expect(refusal { try AnchorSuccession(reading: other) } == .anchor)
        }
    }
}
