import LatchkeyCrypto
import Testing

@Suite struct `a sealed stream` {
    static let key = Secret(copying: (0..<32).map { UInt8($0) })
    static let data = Array("what it belongs to".utf8)
    static let pieces = ["first", "second", "", "the last"].map { Array($0.utf8) }

    private func sealed(_ pieces: [[UInt8]] = Self.pieces, data: [UInt8] = Self.data) throws -> [[UInt8]] {
        var stream = try SealedStream(key: Self.key, associatedData: data)
        return try pieces.indices.map { try stream.seal(pieces[$0], isLast: $0 == pieces.count - 1) }
    }

    /// The pieces, as far as they open; `nil` for the code of the one that does not.
    private func opened(_ sealed: [[UInt8]], data: [UInt8] = Self.data, lastAt last: Int? = nil) throws -> (pieces: [[UInt8]], failed: Int?)
    {
        var stream = try SealedStream(key: Self.key, associatedData: data)
        var pieces: [[UInt8]] = []
        for index in sealed.indices {
            let isLast = index == last ?? (sealed.count - 1)
            guard let piece = try? stream.open(sealed[index], isLast: isLast) else { return (pieces, index) }
            pieces.append(piece)
        }
        return (pieces, nil)
    }

    @Test func `opens what was sealed, each piece sixteen bytes longer`() throws {
        let sealed = try sealed()
        #expect(zip(sealed, Self.pieces).allSatisfy { $0.count == $1.count + SealedStream.overhead })
        #expect(try opened(sealed).pieces == Self.pieces)
    }

    @Test func `has another form for each place of the same piece`() throws {
        #expect(Set(try sealed([[1, 2, 3], [1, 2, 3], [1, 2, 3]])).count == 3)
    }

    @Test func `is not opened with pieces swapped, left out, repeated or cut off at the end`() throws {
        let sealed = try sealed()
        #expect(try opened([sealed[1], sealed[0], sealed[2], sealed[3]]).failed == 0)
        #expect(try opened([sealed[0], sealed[2], sealed[3]]).failed == 1)
        #expect(try opened([sealed[0], sealed[0], sealed[1]]).failed == 1)
        #expect(try opened(Array(sealed.dropLast())).failed == 2)
        #expect(try opened(sealed + [sealed[3]]).failed == 3)
    }

    @Test func `is not opened for anything else, nor with a bit changed`() throws {
        let sealed = try sealed()
        #expect(try opened(sealed, data: Array("another".utf8)).failed == 0)
        for piece in sealed.indices {
            for index in sealed[piece].indices {
                var changed = sealed
                changed[piece][index] ^= 1
                #expect(try opened(changed).failed == piece)
            }
        }
        #expect(try opened([Array(sealed[0].prefix(15))] + sealed[1...]).failed == 0)
    }

    @Test func `says of all that one thing`() throws {
        var stream = try SealedStream(key: Self.key, associatedData: Self.data)
        #expect(refusal { try stream.open([UInt8](repeating: 0, count: 40), isLast: true) } == .authenticationFailed)
    }

    @Test func `wants a key of 32 bytes`() {
        #expect(refusal { try SealedStream(key: Secret(copying: [1]), associatedData: []) } == .invalidArgument)
    }
}

@Suite struct `a hash of bytes that come piece by piece` {
    @Test(arguments: [1, 7, 64, 1000]) func `is that of the whole`(size: Int) {
        let bytes = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let stream = SHA256Stream()
        for start in stride(from: 0, to: bytes.count, by: size) { stream.add(Array(bytes[start..<min(start + size, bytes.count)])) }
        stream.add([])
        #expect(stream.finish() == SHA256.hash(bytes))
    }
}
