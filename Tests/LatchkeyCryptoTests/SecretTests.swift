import Glibc
import LatchkeyCrypto
import Testing

@Suite struct `A secret` {
    static let text = Array("the-quick-brown-fox".utf8)

    @Test func `holds a copy of its bytes`() {
        #expect(Secret(copying: Self.text).copy == Self.text)
        #expect(Secret(copying: []).copy == [])
        #expect(Secret(copying: Self.text.span).count == Self.text.count)
    }

    @Test func `is filled in place, from zeros`() {
        let secret = Secret(count: 4) { span in
            #expect((0..<4).allSatisfy { span[$0] == 0 })
            for index in 0..<4 { span[index] = UInt8(index) }
        }
        #expect(secret.copy == [0, 1, 2, 3])
    }

    @Test func `passes on the error of its filling`() {
        struct Refused: Error {}
        #expect(throws: Refused.self) { try Secret(count: 4) { _ in throw Refused() } }
    }

    @Test func `equals a secret with the same bytes and no other`() {
        let secret = Secret(copying: Self.text)
        #expect(secret.equals(Secret(copying: Self.text)))
        #expect(!secret.equals(Secret(copying: Self.text.dropLast())))
        #expect(!secret.equals(Secret(copying: Self.text + [0])))
        for index in Self.text.indices {
            var other = Self.text
            other[index] ^= 1
            #expect(!secret.equals(Secret(copying: other)))
        }
        #expect(Secret(copying: []).equals(Secret(copying: [])))
    }

    @Test func `shows nothing in a description, an interpolation, a dump or a mirror`() {
        struct Holder { let secret: Secret }
        let holder = Holder(secret: Secret(copying: Self.text))
        var shown = String(describing: holder.secret) + String(reflecting: holder.secret) + "\(holder.secret) \(holder) \([holder.secret])"
        dump(holder, to: &shown)
        dump(Optional(holder.secret), to: &shown)
        #expect(!shown.contains("quick"))
        #expect(!shown.contains("\(Self.text[0]), \(Self.text[1])"))
        #expect(!shown.lowercased().contains("pointer") && !shown.contains("0x"))
        #expect(Mirror(reflecting: holder.secret).children.isEmpty)
        #expect(Mirror(reflecting: holder.secret).superclassMirror == nil)
    }

    @Test func `can't be encoded or described by a conformance`() {
        let secret: Any = Secret(copying: Self.text)
        #expect(!(secret is any Encodable))
        #expect(!(secret is any CustomStringConvertible))
        #expect(!(secret is any CustomDebugStringConvertible))
    }

    @Test func `lives on the secure heap once that is started`() {
        #expect(!SecureHeap.start(byteCount: 5000))
        _ = SecureHeap.start(byteCount: 1 << 20)
        #expect(!SecureHeap.start(byteCount: 1 << 20))
        let secret = Secret(copying: [UInt8](repeating: 1, count: 1024))
        #expect(SecureHeap.usedByteCount >= secret.count)
    }

    /// Looks at the memory after it was freed, the way a stranger would: through `/proc/self/mem`, which answers an error, and
    /// not a crash, where nothing is mapped any more. The size is more than the secure heap of these tests holds, because that
    /// heap wipes whatever is freed on it.
    @Test func `is wiped when the last reference goes`() throws {
        // glibc returns a large block to the kernel until one of its size has been freed once; then it keeps them.
        free(malloc(3 << 20))
        let size = 2 << 20
        let pattern = try Random.bytes(64)
        func filled() -> Secret {
            Secret(count: size) { span in
                for index in 0..<size { span[index] = pattern[index % 64] }
            }
        }
        var secret: Secret? = filled()
        let above = filled()
        let start = secret!.withBytes { span in unsafe span.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } }
        #expect(Self.count(of: pattern, at: start, size: size) == size / 64)
        secret = nil
        #expect(Self.count(of: pattern, at: start, size: size) == 0)
        #expect(above.count == size)
    }

    /// How many whole copies of the pattern lie at an address of this process.
    private static func count(of pattern: [UInt8], at address: UInt, size: Int) -> Int {
        let file = open("/proc/self/mem", O_RDONLY)
        defer { close(file) }
        var memory = [UInt8](repeating: 0, count: size)
        guard unsafe pread(file, &memory, size, Int(address)) == size else { return 0 }
        return stride(from: 0, to: size, by: pattern.count).count { memory[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }

    @Test func `Random bytes have the length asked for and don't repeat`() throws {
        #expect(try Random.bytes(0) == [])
        #expect(try Random.bytes(33).count == 33)
        #expect(try Random.bytes(32) != Random.bytes(32))
        #expect(try !Random.secret(32).equals(Random.secret(32)))
        #expect(try Random.secret(0).count == 0)
        #expect(refusal { try Random.bytes(-1) } == .invalidArgument)
        #expect(refusal { try Random.secret(1 << 31) } == .invalidArgument)
    }

    @Test func `Errors are equal by code and their text holds the cause`() {
        #expect(CryptoError(.malformedKey, "a") == CryptoError(.malformedKey, "b", cause: "c"))
        #expect(CryptoError(.malformedKey, "a") != CryptoError(.encryptedKey, "a"))
        #expect(CryptoError(.malformedKey, "a", cause: "b").description == "a (libcrypto: b)")
        #expect(CryptoError(.malformedKey, "a").description == "a")
    }
}
