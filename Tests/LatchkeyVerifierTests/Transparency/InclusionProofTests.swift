import LatchkeyCrypto
@testable import LatchkeyVerifier
import Testing

@Suite("A proof that an entry is in a log")
struct InclusionProofTests {
    private let vectors = LogVectors.shared
    private let file = try! Fixture.bytes("log/entry.proof")

    private func isGood(_ bytes: [UInt8]) -> Bool {
        guard let proof = try? InclusionProof(reading: bytes) else { return false }
        return (try? proof.check(LogVectors.anchor)) != nil
    }

    private func changed(_ text: String, to other: String) -> [UInt8] {
        Array(String(decoding: file, as: UTF8.self).replacing(text, with: other).utf8)
    }

    @Test("by another program is read and holds, and is written as that does")
    func read() throws {
        let proof = try InclusionProof(reading: file)
        #expect(proof.leaf == 11 && proof.entry == vectors.bytes[11] && proof.file == file)
        try proof.check(LogVectors.anchor)
        let nodes = vectors.nodes
        let made = InclusionProof(
            leaf: 11, entry: vectors.bytes[11], path: try MerkleTree.inclusionPath(11, in: vectors.size) { nodes[Int($0.position)] },
            checkpoint: try Checkpoint(parsing: Fixture.bytes("log/checkpoint.txt")))
        #expect(made.file == file)
    }

    @Test("with any byte changed, or cut anywhere, is refused")
    func damaged() {
        for index in file.indices {
            for bit in 0..<8 {
                var other = file
                other[index] ^= 1 << UInt8(bit)
                #expect(!isGood(other), "bit \(bit) of byte \(index)")
            }
            #expect(!isGood(Array(file[..<index])))
        }
        #expect(!isGood(file + [0x0A]) && !isGood(Array(file.dropLast())))
    }

    @Test("of another entry, of another place or by another anchor says why it is none")
    func wrong() throws {
        let proof = try InclusionProof(reading: file)
        let other = InclusionProof(leaf: 11, entry: Array("{\"seq\":13}".utf8), path: proof.path, checkpoint: proof.checkpoint)
        #expect(throws: LogError(.notIncluded, "")) { try other.check(LogVectors.anchor) }
        let moved = InclusionProof(leaf: 10, entry: proof.entry, path: proof.path, checkpoint: proof.checkpoint)
        #expect(throws: LogError(.notIncluded, "")) { try moved.check(LogVectors.anchor) }
        let beyond = InclusionProof(leaf: 21, entry: proof.entry, path: proof.path, checkpoint: proof.checkpoint)
        #expect(throws: LogError(.notIncluded, "")) { try beyond.check(LogVectors.anchor) }
        let stranger = try TrustAnchor(Ed25519PrivateKey.generate().publicKey)
        #expect(throws: LogError(.anchor, "")) { try proof.check(stranger) }
    }

    @Test("is led to the anchor that signed it by statements of its own install alone")
    func statements() throws {
        let proof = try InclusionProof(reading: file)
        let next = try Ed25519PrivateKey.generate()
        let anchor = TrustAnchor(next.publicKey)
        let checkpoint = try Checkpoint(
            install: vectors.install, size: proof.checkpoint.size, root: proof.checkpoint.root, anchor: anchor
        ) { try next.sign($0) }
        for (install, isLed) in [(vectors.install, true), ("inst_of_somebody_else", false)] {
            let statement = try AnchorSuccession.make(
                install: install, from: LogVectors.anchor, to: anchor, number: 1, madeAt: Timestamp(seconds: 0),
                sign: { try LogVectors.key.sign($0) })
            let led = InclusionProof(
                leaf: proof.leaf, entry: proof.entry, path: proof.path, statements: [statement], checkpoint: checkpoint)
            #expect(isGood(led.file) == isLed, "\(install)")
        }
    }

    @Test("in another spelling is refused, though it would say the same")
    func spelling() {
        #expect(isGood(changed("nothing", to: "of it")))
        for (text, other) in [
            ("{\"version\":1,", "{ \"version\":1,"), ("{\"version\":1,", "{"), ("\"version\":1,", "\"version\":1,\"version\":1,"),
            ("\"version\":1", "\"version\":1.0"), ("\"version\":1", "\"version\":2"), ("\"leaf\":11", "\"leaf\":011"),
            ("\"leaf\":11", "\"leaf\":11e0"), ("\"leaf\":11", "\"leaf\":\"11\""), ("\"leaf\":11", "\"leaf\":1e400"),
            ("\"leaf\":11", "\"leaf\":99999999999999999999999"), ("\"leaf\":11", "\"leaf\":[[[[[[[[11]]]]]]]]"),
            ("\"leaf\":11,", "\"leaf\":11,\"more\":true,"), ("\"entry\":\"", "\"entry\":\"\\u0065"), ("\"path\":[", "\"path\":[ "),
            ("\"leaf\"", "\"le\\u0061f\""), ("}\n", "}}\n"), ("}\n", ",\"x\":1}\n"),
        ] { #expect(!isGood(changed(text, to: other)), "\(other)") }
    }

    @Test("that never ends is not read to its end")
    func endless() {
        #expect(!isGood([UInt8](repeating: UInt8(ascii: "["), count: 4 << 20)))
        let hash = "\"\(String(repeating: "A", count: 43))\","
        #expect(!isGood(changed("\"path\":[", to: "\"path\":[" + String(repeating: hash, count: 100))))
    }
}
