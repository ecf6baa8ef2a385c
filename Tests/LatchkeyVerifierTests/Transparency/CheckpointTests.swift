import LatchkeyCrypto
@testable import LatchkeyVerifier
import Testing

@Suite("A checkpoint")
struct CheckpointTests {
    private let vectors = LogVectors.shared
    private let file = try! Fixture.bytes("log/checkpoint.txt")
    private let stranger = try! TrustAnchor(Ed25519PrivateKey.generate().publicKey)

    private func isGood(_ bytes: [UInt8], _ anchor: TrustAnchor = LogVectors.anchor) -> Bool {
        guard let checkpoint = try? Checkpoint(parsing: bytes) else { return false }
        return (try? checkpoint.check(anchor)) != nil
    }

    private func made(_ text: String, name: String? = nil) -> [UInt8] {
        let note = try! SignedNote(signing: text, name: name ?? "latchkey/\(vectors.install)", anchor: LogVectors.anchor) {
            try LogVectors.key.sign($0)
        }
        return Array(note.whole.utf8)
    }

    @Test("by another program is read, and is the anchor's that signed it, and nobody else's")
    func read() throws {
        let checkpoint = try Checkpoint(parsing: file)
        #expect(checkpoint.install == vectors.install && checkpoint.size == vectors.size && checkpoint.root == vectors.root(vectors.size))
        #expect(Array(checkpoint.text.utf8) == file)
        #expect(isGood(file) && !isGood(file, stranger))
        #expect(throws: LogError(.anchor, "")) { try checkpoint.check(stranger) }
    }

    @Test("is made as another program makes it, to the byte")
    func written() throws {
        let checkpoint = try Checkpoint(
            install: vectors.install, size: vectors.size, root: vectors.root(vectors.size), anchor: LogVectors.anchor
        ) { try LogVectors.key.sign($0) }
        #expect(Array(checkpoint.text.utf8) == file)
        #expect(SignedNote.verifierKey(checkpoint.origin, LogVectors.anchor) == vectors.verifierKey)
        #expect(checkpoint.head.description == vectors.head)
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
        #expect(!isGood(file + [0x0A]) && !isGood([]))
    }

    @Test("in another spelling is refused, though it is signed")
    func spelling() {
        let (origin, root) = ("latchkey/\(vectors.install)", Base64.encode(vectors.root(3).bytes))
        #expect(isGood(made("\(origin)\n3\n\(root)\n")))
        for text in [
            "\(origin)\n03\n\(root)\n", "\(origin)\n+3\n\(root)\n", "\(origin)\n-3\n\(root)\n", "\(origin)\n3 \n\(root)\n",
            "\(origin)\n9999999999999999999999\n\(root)\n", "\(origin)\n3\n\(root.dropLast())\n", "\(origin)\n3\n\(root)\nextension\n",
            "\(origin)\n3\n", "\(origin)\n\(root)\n3\n", "\n3\n\(root)\n", "other/\(vectors.install)\n3\n\(root)\n",
            "latchkey/\n3\n\(root)\n",
            "latchkey/a b\n3\n\(root)\n", "\(origin)\r\n3\n\(root)\n", "\(origin)\n3\n\(Base64.encode([1, 2, 3]))\n",
        ] { #expect(!isGood(made(text)), "\(text)") }
    }

    @Test("signed under another name is not signed")
    func name() {
        let text = "latchkey/\(vectors.install)\n3\n\(Base64.encode(vectors.root(3).bytes))\n"
        #expect(!isGood(made(text, name: "latchkey/inst_of_somebody_else")))
    }

    @Test("may carry signatures of others, but the anchor's only once")
    func cosigned() throws {
        let lines = String(decoding: file, as: UTF8.self)
        let own = try #require(lines.split(separator: "\n").last)
        let other = "\u{2014} witness.example/w1 \(Base64.encode([UInt8](repeating: 7, count: 76)))\n"
        #expect(isGood(Array((lines + other).utf8)))
        #expect(!isGood(Array((lines + own + "\n").utf8)))
        #expect(!isGood(Array((lines + String(repeating: other, count: 16)).utf8)))
    }
}

@Suite("The head of a log")
struct LogHeadTests {
    private let vectors = LogVectors.shared

    @Test("is one line that is read in any spacing and case")
    func line() throws {
        let head = LogHead(size: vectors.size, root: vectors.root(vectors.size))
        #expect(head.description == vectors.head)
        let digits = vectors.head.split(separator: " ").dropFirst().joined()
        for line in [
            vectors.head, vectors.head.uppercased(), "  21\t\(digits)\n", "21 " + digits.map { "\($0) " }.joined(),
            vectors.head.replacing(" ", with: "   "), "0021 \(digits)", "21\(digits)",
        ] { #expect(try LogHead(parsing: line) == head, "\(line)") }
    }

    @Test("is nothing else", arguments: ["", "21", "21 0ac5", "0ac5", "x 0", "21 \(String(repeating: "0", count: 63))g"])
    func refused(_ line: String) {
        #expect(throws: LogError(.malformed, "")) { try LogHead(parsing: line) }
        #expect(throws: LogError(.malformed, "")) { try LogHead(parsing: vectors.head + " 0") }
        #expect(throws: LogError(.malformed, "")) { try LogHead(parsing: "9223372036854775807 " + vectors.head.drop { $0 != " " }) }
    }
}
