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

    /// The secure heap stays mapped for the life of the process, so its freed memory can be looked at. Another test may
    /// have taken the same memory by then; the old bytes must be gone either way.
    @Test func `is wiped when the last reference goes`() throws {
        #expect(!SecureHeap.start(byteCount: 5000))
        _ = SecureHeap.start(byteCount: 1 << 20)
        #expect(!SecureHeap.start(byteCount: 1 << 20))
        let pattern = try Random.bytes(1024)
        var secret: Secret? = Secret(copying: pattern)
        #expect(SecureHeap.usedByteCount >= 1024)
        let start = secret!.withBytes { span in unsafe span.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } }
        secret = nil
        let freed = unsafe UnsafeBufferPointer(start: UnsafePointer<UInt8>(bitPattern: start), count: 1024)
        let left = (0..<1024).filter { unsafe freed[$0] == pattern[$0] && pattern[$0] != 0 }
        #expect(left.count < 64)
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
